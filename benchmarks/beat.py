"""`python -m benchmarks.beat`: heartbeats at the end of a stream, at rest and under 100 pings a second.

Beside them Celery's beat in the same minutes, at rest. How late ours are enqueued is read from their jobs.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from redis import Redis
from rq.exceptions import NoSuchJobError
from rq.job import Job

from benchmarks.client import Beat, Listener, submit_at_rate
from benchmarks.journey_runs import percentile
from benchmarks.report import Plan, Section, Target, number, print_alone, say, table
from benchmarks.systems import System, django_celery, pingpong

EVERY_S = 3.0
DELAY_S = 3.0
PINGS_PER_S = 100
LOOK_EVERY_S = 20
"""The record of a beat's job is kept for a minute."""
MEAN_WITHIN_S = 0.001
NOTE = """
Heartbeats every three seconds, timed where a stream arrives. The enqueue jitter is when the beat's job was
enqueued, as RQ keeps it, minus its slot; Celery does not tell. Celery's beats have no numbers: a gap of more
than one and a half intervals counts as lost beats, one of less than half an interval as a double.
"""


@dataclass(frozen=True)
class Watched:
    """The heartbeats of one system for a while."""

    name: str
    beats: list[Beat]
    jitter_ms: list[float]

    @property
    def intervals_s(self) -> list[float]:
        """Between one and the next."""
        return [later.at - earlier.at for earlier, later in pairwise(self.beats)]

    @property
    def mean_s(self) -> float:
        """The mean interval."""
        return mean(self.intervals_s)

    @property
    def lost(self) -> int:
        """Beats that should have come between the first and the last."""
        return sum(max(0, step - 1) for step in self._steps())

    @property
    def doubled(self) -> int:
        """Beats that came again."""
        return sum(step <= 0 for step in self._steps())

    def _steps(self) -> list[int]:
        """From each beat to the next, 1 if all is well."""
        return [
            round((later.at - earlier.at) / EVERY_S)
            if later.number is None or earlier.number is None
            else later.number - earlier.number
            for earlier, later in pairwise(self.beats)
        ]


def measure(plan: Plan) -> Section:
    """Both at rest, then ours under load."""
    with pingpong(DELAY_S) as ours:
        with django_celery(DELAY_S, "gevent") as peer:
            at_rest = asyncio.run(_at_rest(ours, peer, plan.beat_s))
        loaded = asyncio.run(_loaded(ours, plan.beat_s))
    watched = [*at_rest, loaded]
    text = f"{NOTE}\n{_table(watched)}"
    command = f"python -m benchmarks.beat --beat-seconds {plan.beat_s:g}"
    return Section("The heartbeat", command, text, _targets([at_rest[0], loaded]))


async def _at_rest(ours: System, peer: System, seconds: float) -> list[Watched]:
    say(f"heartbeats at rest, for {seconds:g} seconds")
    await asyncio.sleep(2 * EVERY_S)  # until what the start left to do is done
    return list(
        await asyncio.gather(
            _watch("pingpong at rest", ours, seconds, has_jobs=True),
            _watch("Celery beat at rest", peer, seconds),
        )
    )


async def _loaded(ours: System, seconds: float) -> Watched:
    say(f"heartbeats under {PINGS_PER_S} pings a second, for {seconds:g} seconds")
    name = f"pingpong under {PINGS_PER_S} pings a second"
    pinging = asyncio.create_task(submit_at_rate(ours.port, PINGS_PER_S, seconds))
    watched = await _watch(name, ours, seconds, has_jobs=True)
    await pinging
    return watched


async def _watch(name: str, system: System, seconds: float, *, has_jobs: bool = False) -> Watched:
    listener = Listener(system.port, DELAY_S)
    listening = asyncio.create_task(listener.run())
    jitter_ms: dict[int, float] = {}
    until = time.monotonic() + seconds
    while (left_s := until - time.monotonic()) > 0:
        await asyncio.sleep(min(left_s, LOOK_EVERY_S))
        if has_jobs:
            numbers = [beat.number for beat in listener.seen.beats if beat.number not in jitter_ms]
            jitter_ms |= await asyncio.to_thread(_jitter_ms, system.servers.redis.client, numbers)
    listening.cancel()
    return Watched(name, listener.seen.beats, list(jitter_ms.values()))


def _jitter_ms(redis: Redis, numbers: Sequence[int | None]) -> dict[int, float]:
    """How long after its slot each beat's job was enqueued."""
    found = {}
    for slot in numbers:
        if slot is not None:
            with suppress(NoSuchJobError):
                enqueued_at = Job.fetch(f"heartbeat-{slot}", connection=redis).enqueued_at
                if enqueued_at is not None:
                    found[slot] = (enqueued_at.timestamp() - slot * EVERY_S) * 1000
    return found


def _table(watched: Sequence[Watched]) -> str:
    header = [
        "Heartbeats",
        "Beats",
        "Mean, s",
        "Least, s",
        "Most, s",
        "Lost",
        "Doubled",
        "Enqueue jitter p50, ms",
        "p99, ms",
    ]
    return table(header, [_row(its) for its in watched])


def _row(its: Watched) -> list[object]:
    intervals = [f"{value:.4f}" for value in (its.mean_s, min(its.intervals_s), max(its.intervals_s))]
    jitter = [number(percentile(its.jitter_ms, part)) for part in (0.5, 0.99)]
    return [its.name, len(its.beats), *intervals, its.lost, its.doubled, *jitter]


def _targets(ours: Sequence[Watched]) -> list[Target]:
    wrong = [sum(its.lost for its in ours), sum(its.doubled for its in ours)]
    means = [its.mean_s for its in ours]
    is_steady = all(abs(value - EVERY_S) <= MEAN_WITHIN_S for value in means)
    reached = ", ".join(f"{value:.4f} s" for value in means)
    return [
        Target("Heartbeats lost, doubled", "0, 0", ", ".join(map(str, wrong)), not any(wrong)),
        Target("Mean interval at rest, under load", "3 s ± 1 ms", reached, is_steady),
    ]


if __name__ == "__main__":
    print_alone(measure, __doc__)
