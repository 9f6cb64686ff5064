"""Workers that ask for leave to send, in simulated time, and what the receiver sees of it."""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from pingpong.dsp.limiter import Limiter, WindowLost

BEGINS_AT_S = 1_800_000_000.0


@dataclass
class Simulation:
    """Each worker asks for leave again and again. Times are seconds by the receiver's clock.

    How late a worker wakes up, uses its leave, and how long the way takes are random, up to these. What is
    sent is noted, as the ledger does, and what the notes have no room for is not sent.
    """

    limiter: Limiter
    random: Random
    workers: int = 3
    wakes_late_s: float = 0.05
    uses_late_s: float = -1.0
    underway_s: float = -1.0
    idles_s: float = 0.0
    """Up to which a worker does nothing between two requests: without a backlog."""

    now_s: float = 0.0
    clock_is_off_s: float = 0.0
    """By how much Redis' clock is wrong."""
    given: list[float] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    received: list[float] = field(default_factory=list)
    losses: int = 0
    refused: int = 0
    """By the notes."""
    _plan: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _planned: int = 0

    def __post_init__(self) -> None:
        margin_s = self.limiter.rate.leave_lasts_s
        self.uses_late_s = margin_s if self.uses_late_s < 0 else self.uses_late_s
        self.underway_s = margin_s if self.underway_s < 0 else self.underway_s
        for _ in range(self.workers):
            self.at(0, self._ask)

    def at(self, seconds: float, event: Callable[[], None]) -> None:
        """Let something happen at a time."""
        self._planned += 1
        heapq.heappush(self._plan, (seconds, self._planned, event))

    def until(self, seconds: float) -> None:
        """Go on to this time."""
        while self._plan and self._plan[0][0] < seconds:
            self.now_s, _, event = heapq.heappop(self._plan)
            self.limiter.now_s = BEGINS_AT_S + self.now_s + self.clock_is_off_s
            event()
        self.received.sort()

    def _ask(self) -> None:
        try:
            wait_s = self.limiter.ask()
        except WindowLost:
            self.losses += 1
            wait_s = self._put_back()
        if wait_s:
            self._later(wait_s, self._ask, self.wakes_late_s)
        else:
            self.given.append(self.now_s)
            self._later(0, self._use, self.uses_late_s * 0.999)

    def _use(self) -> None:
        rate = self.limiter.rate
        if len(self._ages(rate.counted_s - rate.leave_lasts_s)) >= rate.limit:
            self.refused += 1
            self.limiter.distrust()
            self._later(0.001, self._ask, self.wakes_late_s)
            return
        self.left.append(self.now_s)
        self.received.append(self.now_s + self.random.random() * self.underway_s)
        self._later(0.001, self._ask, self.wakes_late_s + self.idles_s)

    def _put_back(self) -> float:
        return max(0.001, self.limiter.put_back(self._ages(self.limiter.rate.counted_s), 0))

    def _ages(self, within_s: float) -> list[float]:
        return [self.now_s - at for at in self.left[bisect_right(self.left, self.now_s - within_s) :]]

    def _later(self, seconds: float, event: Callable[[], None], late_s: float) -> None:
        self.at(self.now_s + seconds + self.random.random() * late_s, event)


def most_within(moments: list[float], seconds: float) -> int:
    """How many at most are there in any so long a time?"""
    return max(bisect_left(moments, moment + seconds) - at for at, moment in enumerate(moments))


def fewest_within(moments: list[float], seconds: float) -> int:
    """How many at least are there in any so long a time, between the first and the last?"""
    return min(
        bisect_right(moments, moment + seconds) - at
        for at, moment in enumerate(moments, 1)
        if moment + seconds <= moments[-1]
    )


def smallest_distance(moments: list[float]) -> float:
    """Between one and the next."""
    return min(after - before for before, after in pairwise(moments))
