"""How the queues and the beat stand, whenever `/metrics` is read."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rq import Queue
from rq.job import Job
from rq.registry import DeferredJobRegistry, FailedJobRegistry, ScheduledJobRegistry, StartedJobRegistry
from rq.utils import str_to_date

from pingpong.extensions import redis
from pingpong.metrics.metric import Gauge, Reading, Survey
from pingpong.ops.heartbeat import last_beat
from pingpong.queue.presence import workers_by_queue
from pingpong.queue.queues import QUEUES as NAMES

REGISTRIES = {
    "started": StartedJobRegistry,
    "scheduled": ScheduledJobRegistry,
    "deferred": DeferredJobRegistry,
    "failed": FailedJobRegistry,
}

JOBS = Gauge("pingpong_queue_jobs", "Jobs by queue and state, as RQ keeps them.", ("queue", "state"))
OLDEST = Gauge(
    "pingpong_queue_oldest_seconds",
    "How long the job at the head of the queue has waited; 0 if none.",
    ("queue",),
)
WORKERS = Gauge("pingpong_workers", "Living workers that take from the queue.", ("queue",))
BEAT_AGE = Gauge("pingpong_heartbeat_age_seconds", "How old the newest heartbeat is, by Redis' clock.")


def _ask_queues() -> Iterator[Reading]:
    with redis.pipeline(transaction=False) as pipeline:
        for name in NAMES:
            pipeline.llen(Queue(name, connection=redis).key)
            for registry in REGISTRIES.values():
                pipeline.zcard(registry(name, connection=redis).key)
            pipeline.lindex(Queue(name, connection=redis).key, 0)
        answers = iter(pipeline.execute())
    heads = {}
    for name in NAMES:
        for state in ("queued", *REGISTRIES):
            yield JOBS.at(next(answers), queue=name, state=state)
        heads[name] = next(answers)
    yield from _ask_heads({name: head.decode() for name, head in heads.items() if head})
    for name, count in workers_by_queue(redis, NAMES).items():
        yield WORKERS.at(count, queue=name)


def _ask_heads(heads: dict[str, str]) -> Iterator[Reading]:
    """By the clocks of those who enqueued them."""
    with redis.pipeline(transaction=False) as pipeline:
        for job_id in heads.values():
            pipeline.hget(Job.key_for(job_id), "enqueued_at")
        enqueued = dict(zip(heads, pipeline.execute(), strict=True))
    for name in NAMES:
        since = enqueued.get(name)
        waits_s = (datetime.now(UTC) - str_to_date(since)).total_seconds() if since else 0.0
        yield OLDEST.at(max(0.0, waits_s), queue=name)


def _ask_beat() -> Iterator[Reading]:
    if beat := last_beat(redis):
        yield BEAT_AGE.at(beat.age_s)


QUEUES = Survey("queues", (JOBS, OLDEST, WORKERS), _ask_queues)
BEAT = Survey("beat", (BEAT_AGE,), _ask_beat)
