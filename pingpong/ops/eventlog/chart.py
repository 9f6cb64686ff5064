"""The picture of what happens: a bar for each hour, stacked from the types that come most often."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pingpong.ops.eventlog.counting import Counts

NAMED = 5
"""Types with a colour of their own; all further ones are one."""
BAR, BETWEEN = 8, 2
HEIGHT = 100
"""In units that the page stretches: the picture is as wide as there is room."""


@dataclass(frozen=True)
class Series:
    """One type, or all that have no colour of their own (`event_type` is None); `path` is all of its bars."""

    event_type: str | None
    total: int
    path: str


@dataclass(frozen=True)
class Hour:
    """An hour, and how many events of each series it has."""

    starts_at: datetime
    counts: Sequence[int]
    x: int

    @property
    def total(self) -> int:
        """All of its events."""
        return sum(self.counts)


@dataclass(frozen=True)
class Chart:
    """The series, the most frequent first, and the hours. `top` is what the full height stands for."""

    series: Sequence[Series]
    hours: Sequence[Hour]
    top: int
    is_whole: bool
    width: int
    height: int = HEIGHT

    @property
    def total(self) -> int:
        """All events that are counted."""
        return sum(one.total for one in self.series)


def draw(counts: Counts) -> Chart:
    """Lay out the bars."""
    stacks = _stacks(counts)
    hours = [
        Hour(hour, [stack.get(hour, 0) for stack in stacks.values()], number * (BAR + BETWEEN))
        for number, hour in enumerate(counts.hours)
    ]
    top = _round_up(max(hour.total for hour in hours))
    series = [
        Series(event_type, sum(stack.values()), _path(hours, number, top))
        for number, (event_type, stack) in enumerate(stacks.items())
    ]
    return Chart(series, hours, top, counts.is_whole, len(hours) * (BAR + BETWEEN) - BETWEEN)


def _stacks(counts: Counts) -> dict[str | None, Mapping[datetime, int]]:
    """The counts of each series, from the most frequent to the rest."""
    by_total = sorted(counts.by_type, key=lambda one: (-sum(counts.by_type[one].values()), one))
    stacks: dict[str | None, Mapping[datetime, int]] = {one: counts.by_type[one] for one in by_total[:NAMED]}
    if others := [counts.by_type[one] for one in by_total[NAMED:]]:
        stacks[None] = {hour: sum(one.get(hour, 0) for one in others) for hour in counts.hours}
    return stacks


def _path(hours: Sequence[Hour], number: int, top: int) -> str:
    """The part of a series in each bar, above those of the series before it, in the words of SVG's paths."""
    parts = []
    for hour in hours:
        if hour.counts[number]:
            bottom = HEIGHT - HEIGHT * sum(hour.counts[:number]) / top
            height = HEIGHT * hour.counts[number] / top
            parts.append(f"M{hour.x} {bottom:.2f}v{-height:.2f}h{BAR}v{height:.2f}z")
    return "".join(parts)


def _round_up(most: int) -> int:
    """The next of 2, 4, 6 and 10, with zeros: half of it is whole, too."""
    power: int = 10 ** max(0, math.ceil(math.log10(max(most, 1))) - 1)
    return next(step * power for step in (2, 4, 6, 10) if step * power >= most)
