"""`python -m benchmarks.journey`: submit to stream, ours beside Django and Celery, in one run.

Answers a second without delay, lateness (arrival at the stream minus submit minus delay) by rate and in a
burst, submits a second, processor time per message, the gap between heartbeats under load, and memory.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.client import Listener, submit_at_rate, submit_burst
from benchmarks.machine import Meter, memory_mb
from benchmarks.systems import System, django_celery, pingpong

SUBMITTERS = 32
LONGEST_WAIT_S = 90

Start = Callable[[float], AbstractContextManager[System]]
SYSTEMS: dict[str, Start] = {
    "pingpong": pingpong,
    "Celery gevent": lambda delay_s: django_celery(delay_s, "gevent"),
    "Celery prefork 2": lambda delay_s: django_celery(delay_s, "prefork", countdown=delay_s > 0),
    "Celery threads 200": lambda delay_s: django_celery(delay_s, "threads"),
}


@dataclass(frozen=True)
class Run:
    """One measurement."""

    submits_per_s: float
    answers_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    beat_gap_s: float
    lost: int
    doubled: int


async def measure(system: System, delay_s: float, load: Callable[[int], Awaitable[list[str]]]) -> Run:
    """Put a load on a running system and wait for every answer."""
    listener = Listener(system.port, delay_s)
    listening = asyncio.create_task(listener.run())
    await listener.connected.wait()
    meter, started_at = Meter(system.family), time.monotonic()
    ids = await load(system.port)
    submitted_s = time.monotonic() - started_at
    give_up_at = time.monotonic() + LONGEST_WAIT_S
    while len(listener.seen.ids) < len(ids) and time.monotonic() < give_up_at:
        await asyncio.sleep(0.01)
    answered_s = time.monotonic() - started_at
    cpu_s = meter.seconds()
    await asyncio.sleep(1)
    listening.cancel()
    seen = listener.seen
    lateness = sorted(seen.lateness_s)
    gaps = [later - earlier for earlier, later in pairwise(seen.beats)]
    return Run(
        submits_per_s=len(ids) / submitted_s,
        answers_per_s=len(ids) / answered_s,
        p50_ms=lateness[len(lateness) // 2] * 1000,
        p99_ms=lateness[int(len(lateness) * 0.99)] * 1000,
        cpu_ms=cpu_s * 1000 / len(ids),
        beat_gap_s=max(gaps, default=0.0),
        lost=len(set(ids) - set(seen.ids)),
        doubled=len(seen.ids) - len(set(seen.ids)),
    )


@contextmanager
def warm(start: Start, delay_s: float) -> Iterator[System]:
    """A running system that has answered some messages already."""
    with start(delay_s) as system:
        asyncio.run(submit_burst(system.port, 100, 8))
        time.sleep(delay_s + 2)
        yield system


def report(name: str, start: Start) -> None:
    """Measure one system and print its rows."""
    with warm(start, 0) as system:
        idle_mb = memory_mb(system.processes.family())
        run = asyncio.run(measure(system, 0, lambda port: submit_burst(port, 6000, SUBMITTERS)))
        _say(name, "delay 0", run, f"memory {idle_mb:.0f} MB")
    with warm(start, 3) as system:
        _say(name, "100/s", asyncio.run(measure(system, 3, lambda port: submit_at_rate(port, 100, 12))))
        _say(
            name, "1,000 at once", asyncio.run(measure(system, 3, lambda port: submit_burst(port, 1000, 64)))
        )


def _say(name: str, load: str, run: Run, more: str = "") -> None:
    rates = f"{run.submits_per_s:.0f} | {run.answers_per_s:.0f} | {run.p50_ms:.0f} | {run.p99_ms:.0f}"
    costs = f"{run.cpu_ms:.2f} | {run.beat_gap_s:.2f} | {run.lost} | {run.doubled}"
    sys.stdout.write(f"| {name} | {load} | {rates} | {costs} | {more} |\n")
    sys.stdout.flush()


def main() -> None:
    """Measure all systems, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("systems", nargs="*", default=[], help=f"some of {', '.join(SYSTEMS)}")
    for name in parser.parse_args().systems or SYSTEMS:
        report(name, SYSTEMS[name])


if __name__ == "__main__":
    main()
