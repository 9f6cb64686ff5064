"""One system, one Redis of its own, one kind of job: how many a second."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from benchmarks.job_systems import JobSystem
from benchmarks.latency import delayed
from benchmarks.machine import CLONE, Processes, wait_until_idle
from benchmarks.report import say
from benchmarks.servers import RedisServer
from benchmarks.work import MARKS
from tests.waiting import wait_until

BEGINS_WITHIN_S = 30
ENDS_WITHIN_S = 120


@dataclass(frozen=True)
class JobRun:
    """What one run came to. The last two are Redis' own counts, per job."""

    jobs_per_s: float
    round_trips: float
    commands: float


def run_jobs(system: JobSystem, job: str, count: int, each_way_ms: float = 0) -> JobRun:
    """Enqueue so many, start the worker, and watch.

    The clock runs from the moment the first job is taken to the moment the last one is ticked off in Redis:
    starting a worker counts for none, and what is left to write after the last job counts for all.
    """
    with tempfile.TemporaryDirectory(prefix="pingpong-bench-") as folder, RedisServer(Path(folder)) as server:
        system.enqueue(server.url, job, count)
        wait_until_idle()
        with _near_or_far(server, each_way_ms) as url:
            server.client.config_resetstat()
            seconds = _watch(system, server, url, count)
            return JobRun(
                count / seconds, round_trips(server.client) / count, _commands(server.client) / count
            )


def round_trips(redis: Redis) -> int:
    """How often Redis read from a socket. What is longer than its buffer of 16 KB counts several times."""
    return int(redis.info("stats")["total_reads_processed"])


def _commands(redis: Redis) -> int:
    """Those inside scripts included."""
    return sum(int(used["calls"]) for used in redis.info("commandstats").values())


@contextmanager
def _near_or_far(server: RedisServer, each_way_ms: float) -> Iterator[str]:
    if each_way_ms:
        with delayed(server, each_way_ms) as url:
            yield url
    else:
        yield server.url


def _watch(system: JobSystem, server: RedisServer, url: str, count: int) -> float:
    """Run the worker until all is done; the seconds that it took."""
    processes = Processes(server.processes.home)
    marks = processes.home / "marks"
    marks.touch()
    environment = {"REDIS_URL": url, MARKS: str(marks), **system.environment}
    redis = server.client
    try:
        processes.start("worker", system.worker(url), CLONE, **environment)
        wait_until(lambda: system.waiting(redis) < count, BEGINS_WITHIN_S, what=f"{system.name} to begin")
        started_at = time.monotonic()
        wait_until(lambda: marks.stat().st_size >= count, ENDS_WITHIN_S, what=f"{system.name} to end")
        wait_until(lambda: not system.busy(redis), what=f"{system.name} to tick off its jobs")
        seconds = time.monotonic() - started_at
    except AssertionError:
        say((processes.home / "worker.log").read_text())
        raise
    finally:
        processes.stop()
    if marks.stat().st_size != count:
        raise RuntimeError(f"{system.name} ran {marks.stat().st_size} jobs instead of {count}")
    return seconds
