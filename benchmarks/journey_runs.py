"""One system under one load after the other: what the client at the end of the stream sees."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median

from benchmarks.client import Listener, Seen, submit_at_rate, submit_burst
from benchmarks.machine import Meter, wait_until_idle
from benchmarks.report import Plan
from benchmarks.systems import System

LONGEST_WAIT_S = 90
WARM_UP = 100

Start = Callable[[float], AbstractContextManager[System]]


@dataclass(frozen=True)
class Load:
    """Messages to be sent, each to be answered after a delay."""

    name: str
    delay_s: float
    send: Callable[[int], Awaitable[list[str]]]
    """Sends them to a port; returns the ids that were accepted."""
    is_burst: bool = False


@dataclass(frozen=True)
class Run:
    """What one load on one system came to."""

    submits_per_s: float
    answers_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """Processor time per message, of all processes of the system with Postgres and Redis."""
    beat_gap_s: float
    """The longest time between two heartbeats."""
    lost: int
    doubled: int
    early: int


def loads(plan: Plan) -> list[Load]:
    """Without delay, at a rate, and in a burst."""
    many, burst, seconds = plan.count(5_000), plan.count(1_000), plan.count(10)
    delay_s, delayed = 3, "three seconds' delay"
    return [
        Load(
            f"{many:,} at once, no delay", 0, partial(submit_burst, count=many, connections=32), is_burst=True
        ),
        Load(f"20 a second, {delayed}", delay_s, partial(submit_at_rate, rate=20, seconds=seconds / 2)),
        Load(f"100 a second, {delayed}", delay_s, partial(submit_at_rate, rate=100, seconds=seconds)),
        Load(
            f"{burst:,} at once, {delayed}",
            delay_s,
            partial(submit_burst, count=burst, connections=64),
            is_burst=True,
        ),
    ]


@contextmanager
def warm(start: Start, delay_s: float) -> Iterator[System]:
    """A running system that has answered some messages already, and is at rest again."""
    with start(delay_s) as system:
        asyncio.run(submit_burst(system.port, WARM_UP, 8))
        time.sleep(delay_s + 1)
        wait_until_idle()
        yield system


def run_load(system: System, load: Load) -> Run:
    """Put the load on the running system, between two heartbeats, and wait for every answer."""
    return asyncio.run(_run(system, load))


def typical(runs: Sequence[Run]) -> Run:
    """The medians; of heartbeats the longest gap, and of what must not happen every case."""
    return Run(
        submits_per_s=median(run.submits_per_s for run in runs),
        answers_per_s=median(run.answers_per_s for run in runs),
        p50_ms=median(run.p50_ms for run in runs),
        p99_ms=median(run.p99_ms for run in runs),
        cpu_ms=median(run.cpu_ms for run in runs),
        beat_gap_s=max(run.beat_gap_s for run in runs),
        lost=sum(run.lost for run in runs),
        doubled=sum(run.doubled for run in runs),
        early=sum(run.early for run in runs),
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which that part of them lies; not a number if there are none."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)] if values else math.nan


async def _run(system: System, load: Load) -> Run:
    listener = Listener(system.port, load.delay_s)
    listening = asyncio.create_task(listener.run())
    await asyncio.to_thread(wait_until_idle)
    await _beat_after(listener.seen, 0)
    meter, started_at = Meter(system.family), time.monotonic()
    ids = await load.send(system.port)
    submitted_s = time.monotonic() - started_at
    await _all_answered(listener.seen, len(ids))
    answered_s, cpu_s = time.monotonic() - started_at, meter.seconds()
    # Until then, too, an answer may come twice.
    await _beat_after(listener.seen, time.time())
    listening.cancel()
    return _summary(ids, listener.seen, submitted_s, answered_s, cpu_s)


async def _all_answered(seen: Seen, count: int) -> None:
    give_up_at = time.monotonic() + LONGEST_WAIT_S
    while len(seen.ids) < count and time.monotonic() < give_up_at:
        await asyncio.sleep(0.01)


async def _beat_after(seen: Seen, moment: float) -> None:
    give_up_at = time.monotonic() + LONGEST_WAIT_S
    while not (seen.beats and seen.beats[-1].at > moment) and time.monotonic() < give_up_at:
        await asyncio.sleep(0.01)


def _summary(ids: list[str], seen: Seen, submitted_s: float, answered_s: float, cpu_s: float) -> Run:
    return Run(
        submits_per_s=len(ids) / submitted_s,
        answers_per_s=len(ids) / answered_s,
        p50_ms=percentile(seen.lateness_s, 0.5) * 1000,
        p99_ms=percentile(seen.lateness_s, 0.99) * 1000,
        cpu_ms=cpu_s * 1000 / len(ids),
        beat_gap_s=max((later.at - earlier.at for earlier, later in pairwise(seen.beats)), default=math.nan),
        lost=len(set(ids) - set(seen.ids)),
        doubled=len(seen.ids) - len(set(seen.ids)),
        early=sum(lateness_s < 0 for lateness_s in seen.lateness_s),
    )
