"""What pings in flight cost our worker in memory: each waits for its time in a greenlet of its own."""

import asyncio
from collections.abc import Sequence
from functools import partial

from benchmarks.client import submit_burst
from benchmarks.machine import memory_mb, wait_until_idle
from benchmarks.systems import System, pingpong
from pingpong.queue.queues import IO
from tests.waiting import wait_until

SUBMITTERS = 64
DELAY_S = 60
"""Long enough for all to be submitted and measured before the first is answered."""
BEGINS_WITHIN_S = 30


def in_flight_mb(counts: Sequence[int]) -> dict[int, float]:
    """The worker's memory (PSS) with so many pings in flight; with 0, at rest. `counts` must rise."""
    # Nobody waits for their answers: the worker puts them back at once when it is stopped.
    with pingpong(DELAY_S, WORKER_GRACE_S="0.1") as system:
        found = {0: _worker_mb(system)}
        for count in counts:
            asyncio.run(submit_burst(system.port, count - max(found), SUBMITTERS))
            wait_until(partial(_has_begun, system, count), BEGINS_WITHIN_S, what=f"{count} pings in flight")
            found[count] = _worker_mb(system)
        return found


def _has_begun(system: System, count: int) -> bool:
    return bool(system.servers.redis.client.zcard(f"rq:wip:{IO}") >= count)


def _worker_mb(system: System) -> float:
    wait_until_idle()
    return memory_mb(system.processes.family("worker"))
