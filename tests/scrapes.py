"""Reading what `/metrics` says, with Prometheus' own parser."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families


class Scrape:
    """One reading."""

    def __init__(self, text: str) -> None:
        self._families = list(text_string_to_metric_families(text))

    @property
    def names(self) -> set[str]:
        """What an expression may name: with the endings of histograms and counters."""
        endings = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",), "gauge": ("",)}
        return {family.name + ending for family in self._families for ending in endings[family.type]}

    def series(self, name: str) -> list[Mapping[str, str]]:
        """The labels of all series of this name."""
        return [
            sample.labels for family in self._families for sample in family.samples if sample.name == name
        ]

    def value(self, name: str, **labels: str) -> float | None:
        """The sum of all series that have these labels; None if there are none."""
        values = [
            sample.value
            for family in self._families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(values) if values else None
