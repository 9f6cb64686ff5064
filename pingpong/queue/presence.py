"""Which jobs RQ still knows to be waiting or at work."""

from collections.abc import Iterable

from redis import Redis
from rq import Queue
from rq.registry import DeferredJobRegistry, ScheduledJobRegistry, StartedJobRegistry
from rq.worker_registration import WORKERS_BY_QUEUE_KEY


def present_job_ids(connection: Redis, queues: Iterable[str]) -> set[str]:
    """The ids of all jobs that wait in these queues, are at work, or are set down for later. One round trip.

    Read in the direction in which a job moves, so that one that moves meanwhile is seen at least once.
    """
    with connection.pipeline(transaction=False) as pipeline:
        for name in queues:
            queue = Queue(name, connection=connection)
            for registry in (DeferredJobRegistry, ScheduledJobRegistry):
                pipeline.zrange(registry(name, connection=connection).key, 0, -1)
            pipeline.lrange(queue.key, 0, -1)
            pipeline.lrange(queue.intermediate_queue_key, 0, -1)
            pipeline.zrange(StartedJobRegistry(name, connection=connection).key, 0, -1)
        answers = pipeline.execute()
    # The started registry holds `job id:execution id`.
    return {entry.decode().partition(":")[0] for answer in answers for entry in answer}


def workers_by_queue(connection: Redis, queues: Iterable[str]) -> dict[str, int]:
    """How many living workers listen to each queue. A worker lives while its key has not expired."""
    names = list(queues)
    with connection.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.smembers(WORKERS_BY_QUEUE_KEY % name)
        listed = pipeline.execute()
        keys = sorted(set().union(*listed))
        for key in keys:
            pipeline.exists(key)
        alive = {key for key, exists in zip(keys, pipeline.execute(), strict=True) if exists}
    return {name: len(alive & workers) for name, workers in zip(names, listed, strict=True)}
