"""The job queues that are measured beside each other: how each is filled, worked on, and seen to be done."""

# ruff: noqa: S603 - the commands are our own

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from redis import Redis
from rq import Queue

from benchmarks.machine import CLONE, peers_python

QUEUE = "bench"
CONCURRENCY = 1000
"""Of whatever runs many jobs at once in one process: ours, and Celery on gevent."""
AT_ONCE = 1_000


@dataclass(frozen=True)
class JobSystem:
    """A worker under measurement."""

    name: str
    queue_key: str
    busy_key: str
    """Where Redis keeps the jobs that were taken and are not yet ticked off."""
    enqueue: Callable[[str, str, int], None]
    """Called with the URL of Redis, the name of a function in benchmarks.work, and how often."""
    worker: Callable[[str], Sequence[str | Path]]
    """The command for a URL."""
    no_ops: int
    """As many as take some seconds."""
    waits: int
    environment: dict[str, str] = field(default_factory=dict)

    def waiting(self, redis: Redis) -> int:
        """Jobs that nobody has taken."""
        return int(redis.llen(self.queue_key))

    def busy(self, redis: Redis) -> int:
        """Jobs that were taken and are not yet ticked off."""
        is_rq = redis.type(self.busy_key) == b"zset"
        return int(redis.zcard(self.busy_key) if is_rq else redis.hlen(self.busy_key))


def rq(name: str, worker: Callable[[str], Sequence[str | Path]], no_ops: int, waits: int) -> JobSystem:
    """A worker that speaks RQ."""
    return JobSystem(name, f"rq:queue:{QUEUE}", f"rq:wip:{QUEUE}", _enqueue_rq, worker, no_ops, waits)


def celery(name: str, pool: Sequence[str], prefetch: int, no_ops: int, waits: int) -> JobSystem:
    """A Celery worker with this pool, without what it need not do here."""
    return JobSystem(
        name,
        "celery",
        "unacked",
        _enqueue_celery,
        partial(_celery_worker, pool),
        no_ops,
        waits,
        {"PEER_PREFETCH": str(prefetch)},
    )


def _enqueue_rq(url: str, job: str, count: int) -> None:
    with Redis.from_url(url) as redis:
        queue = Queue(QUEUE, connection=redis)
        for first in range(0, count, AT_ONCE):
            batch = range(first, min(first + AT_ONCE, count))
            queue.enqueue_many([Queue.prepare_data(f"benchmarks.work.{job}") for _ in batch])


def _enqueue_celery(url: str, job: str, count: int) -> None:
    command = [str(peers_python()), "-m", "benchmarks.peers.bare_celery", job, str(count)]
    subprocess.run(command, cwd=CLONE, env={**os.environ, "REDIS_URL": url}, check=True)


def _greenlet_worker(url: str) -> Sequence[str | Path]:
    return [sys.executable, "-m", "benchmarks.greenlet_worker", url, QUEUE, str(CONCURRENCY)]


def _rq_worker(kind: str, url: str) -> Sequence[str | Path]:
    return [
        Path(sys.executable).parent / "rq",
        "worker",
        QUEUE,
        "--quiet",
        "--worker-class",
        kind,
        "--url",
        url,
    ]


def _celery_worker(pool: Sequence[str], _: str) -> Sequence[str | Path]:
    command = [str(peers_python()), "-m", "celery", "-A", "benchmarks.peers.bare_celery", "worker", *pool]
    return [*command, "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]


OURS = rq("GreenletWorker", _greenlet_worker, 25_000, CONCURRENCY)
SIMPLE = rq("RQ SimpleWorker", partial(_rq_worker, "rq.worker.SimpleWorker"), 2_000, 3)
PEERS = (
    SIMPLE,
    rq("RQ Worker (forks)", partial(_rq_worker, "rq.worker.Worker"), 400, 3),
    celery("Celery solo", ["-P", "solo"], 64, 7_000, 3),
    celery("Celery prefork 2", ["-P", "prefork", "-c", "2"], 64, 7_000, 6),
    celery("Celery gevent", ["-P", "gevent", "-c", str(CONCURRENCY)], 1, 7_000, CONCURRENCY),
)
SYSTEMS = (OURS, *PEERS)
