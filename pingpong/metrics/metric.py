"""What a metric is: declared once, counted where the thing happens, shown by `/metrics`.

A series is a metric with values for its labels. What people write is never one of them.
"""

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

from pingpong.metrics.tally import tally

MOST_SERIES = 1_000
"""Of one metric in one process. There are far fewer; a label that gets out of hand does not fill Redis."""
OTHER = "other"
"""What the labels of all further series say."""
SUM = "sum"
INFINITE = "+Inf"


class Metric:
    """A name, what it means and its labels.

    `known` are the values that a label can have: series of theirs are shown as 0 before anything happened, so
    that an alert sees the first time.
    """

    type: ClassVar[str]

    def __init__(
        self,
        name: str,
        help_: str,
        labels: Sequence[str] = (),
        known: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.name = name
        self.help = help_
        self.labels = tuple(labels)
        self.known = dict(known or {})
        self._seen: set[tuple[str, ...]] = set()
        self._fields: dict[tuple[str, ...], str] = {}

    def values(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The labels' values in their order. Raises KeyError for a label that is missing."""
        values = tuple([labels[label] for label in self.labels])
        if values not in self._seen:
            if len(self._seen) >= MOST_SERIES:
                return (OTHER,) * len(values)
            self._seen.add(values)
        return values

    def _field(self, *values: str) -> str:
        """What a number of this metric is called among all numbers."""
        name = self._fields.get(values)
        if name is None:
            name = self._fields[values] = json.dumps([self.name, *values])
        return name


class Counter(Metric):
    """Counts what happens. It never falls, but when Redis forgets everything."""

    type = "counter"

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count something, or several at once."""
        tally.add(self._field(*self.values(labels)), amount)


class Histogram(Metric):
    """Counts how often something took how long. `buckets` are the upper bounds, in seconds."""

    type = "histogram"

    def __init__(
        self, name: str, help_: str, labels: Sequence[str] = (), *, buckets: Sequence[float]
    ) -> None:
        super().__init__(name, help_, labels)
        if not all(lower < upper for lower, upper in pairwise(buckets)):
            raise ValueError(f"{name}: the buckets must rise")
        self.buckets = tuple(buckets)
        self.bounds = (*map(str, buckets), INFINITE)

    def observe(self, seconds: float, **labels: str) -> None:
        """Note how long one took. What was early, by two clocks, counts as in time."""
        values, seconds = self.values(labels), max(0.0, seconds)
        tally.add(self._field(*values, self.bounds[bisect_left(self.buckets, seconds)]), 1)
        tally.add(self._field(*values, SUM), seconds)


@dataclass(frozen=True)
class Reading:
    """How a gauge stands."""

    name: str
    values: tuple[str, ...]
    value: float


class Gauge(Metric):
    """How something stands: whoever knows is asked for a reading."""

    type = "gauge"

    def at(self, value: float, **labels: str) -> Reading:
        """It stands at this."""
        return Reading(self.name, self.values(labels), value)


@dataclass(frozen=True)
class Survey:
    """Gauges of a feature, and whom to ask how they stand when `/metrics` is read.

    `ask` has as long as a part of `/readyz`; when it raises an error of Redis or Postgres, or takes longer,
    its gauges are missing, and `pingpong_survey_success` says so by its name.
    """

    name: str
    gauges: Sequence[Gauge]
    ask: Callable[[], Iterable[Reading]] = field(compare=False)
