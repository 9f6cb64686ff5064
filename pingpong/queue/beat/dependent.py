"""A scheduled job that depends on others: RQ itself queues it or lets it wait for them."""

from redis import WatchError
from redis.client import Pipeline
from rq.job import Job
from rq.queue import Queue

from pingpong.queue.beat.lease import Lease


class Dependent:
    """Moves jobs that were scheduled with `depends_on`, each in one transaction."""

    def __init__(self, zset: str, lease: Lease) -> None:
        self._zset = zset
        self._lease = lease

    def move(self, job: Job, queue: Queue, due_s: float, next_s: float | None) -> str:
        """Have RQ queue it or make it wait. If something changes meanwhile, nothing is done.

        Returns 'led elsewhere', 'moved already', 'early', 'changed' or 'queued'.
        """
        with queue.connection.pipeline() as pipeline:
            pipeline.watch(self._lease.key, self._zset, job.key)  # type: ignore[no-untyped-call]
            if obstacle := self._obstacle(pipeline, job, due_s):
                return obstacle
            try:
                queue.enqueue_job(job, pipeline=pipeline, at_front=bool(job.enqueue_at_front))
                pipeline.zrem(self._zset, job.id)
                if next_s is not None:
                    pipeline.zadd(self._zset, {job.id: next_s})
                pipeline.execute()
            except WatchError:
                return "changed"
        return "queued"

    def _obstacle(self, pipeline: Pipeline, job: Job, due_s: float) -> str:
        owner = pipeline.get(self._lease.key)
        if owner != self._lease.token.encode():
            return "led elsewhere"
        if pipeline.zscore(self._zset, job.id) != due_s:
            return "moved already"
        seconds, microseconds = pipeline.time()
        return "early" if seconds + microseconds / 1e6 < due_s else ""
