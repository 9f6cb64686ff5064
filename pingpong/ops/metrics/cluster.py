"""What all processes of the cluster have told Redis, as Prometheus wants it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, product

from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.utils import floatToGoString
from redis import Redis

from pingpong.metrics.counters import COUNTED, LEVELS
from pingpong.metrics.metric import SUM, Counter, Gauge, Histogram, Metric, Reading
from pingpong.metrics.telling import GONE_AFTER_S, PROCESSES_KEY, TOTALS_KEY

FORGOTTEN_AFTER_S = 24 * 3600

Values = tuple[str, ...]
Numbers = dict[str, dict[Values, float]]
"""Of each metric its numbers, by the values of its labels; a histogram's say a bucket or `sum` after them."""
LENGTHS = {one.name: len(one.labels) + isinstance(one, Histogram) for one in (*COUNTED, *LEVELS)}
"""How many values there are to each; during a deploy, processes of another version may tell more or fewer."""


@dataclass(frozen=True)
class Told:
    """What was counted until now, and how those stand who live. `is_known`: Redis has been asked."""

    numbers: Numbers = field(default_factory=dict)
    levels: list[Reading] = field(default_factory=list)
    is_known: bool = False


def ask(redis: Redis) -> Told:
    """In one round trip, and one more to forget processes that are long gone. Raises redis' errors."""
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.hgetall(TOTALS_KEY)
        pipeline.hgetall(PROCESSES_KEY)
        pipeline.time()
        totals, processes, (now_s, _) = pipeline.execute()
    told_at = {process: int(said.split(b" ", 1)[0]) for process, said in processes.items()}
    if old := [process for process, at_s in told_at.items() if now_s - at_s > FORGOTTEN_AFTER_S]:
        redis.hdel(PROCESSES_KEY, *old)
    alive = [said for process, said in processes.items() if now_s - told_at[process] <= GONE_AFTER_S]
    return Told(_numbers(totals), [level for said in alive for level in _levels(said)], is_known=True)


def families(told: Told) -> Iterator[Family]:
    """Every metric that is counted; of those that nobody has counted yet, at least what they mean."""
    for metric in COUNTED:
        numbers = told.numbers.get(metric.name, {})
        if isinstance(metric, Histogram):
            yield _histogram(metric, numbers)
        else:
            yield _counter(metric, numbers, told.is_known)


def gauge_family(gauge: Gauge, readings: Iterable[Reading]) -> GaugeMetricFamily:
    """A gauge; of several readings of a series their sum."""
    family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
    sums: defaultdict[Values, float] = defaultdict(float)
    for reading in readings:
        if reading.name == gauge.name:
            sums[reading.values] += reading.value
    for values, value in sums.items():
        family.add_metric(values, value)
    return family


def _numbers(totals: Mapping[bytes, bytes]) -> Numbers:
    numbers: Numbers = {}
    for name, amount in totals.items():
        metric, *values = json.loads(name)
        if len(values) == LENGTHS.get(metric):
            numbers.setdefault(metric, {})[tuple(values)] = float(amount)
    return numbers


def _levels(said: bytes) -> Iterator[Reading]:
    _at_s, _batch, levels = said.split(b" ", 2)
    for name, values, value in json.loads(levels):
        if len(values) == LENGTHS.get(name):
            yield Reading(name, tuple(values), value)


def _counter(metric: Counter, numbers: Mapping[Values, float], is_known: bool) -> CounterMetricFamily:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    nothing = dict.fromkeys(_expected(metric, numbers), 0.0) if is_known else {}
    for values, amount in {**nothing, **numbers}.items():
        family.add_metric(values, amount)
    return family


def _expected(metric: Metric, seen: Iterable[Values]) -> Iterator[Values]:
    """The series that there can be: each known value, with what was seen of the other labels."""
    open_labels = [at for at, label in enumerate(metric.labels) if label not in metric.known]
    seen_values = {tuple(values[at] for at in open_labels) for values in seen} if open_labels else {()}
    for rest in seen_values:
        for known in product(*metric.known.values()):
            of_label = dict(zip(metric.known, known, strict=True))
            of_label.update(zip((metric.labels[at] for at in open_labels), rest, strict=True))
            yield tuple(of_label[label] for label in metric.labels)


def _histogram(metric: Histogram, numbers: Mapping[Values, float]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    names = (*map(floatToGoString, metric.buckets), metric.bounds[-1])
    for values in sorted({series[:-1] for series in numbers}):
        counts = accumulate(numbers.get((*values, bound), 0) for bound in metric.bounds)
        buckets = list(zip(names, counts, strict=True))
        family.add_metric(values, buckets, sum_value=numbers.get((*values, SUM), 0))
    return family
