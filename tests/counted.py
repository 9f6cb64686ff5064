"""What was counted since the beginning of a test, by this process."""

import json

import pytest

from pingpong.metrics import metric
from pingpong.metrics.metric import SUM, Histogram, Metric
from pingpong.metrics.tally import Tally


class Counted:
    """The counts of this process."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._tally = Tally()
        self._amounts: dict[str, float] = {}
        patch.setattr(metric, "tally", self._tally)

    def of(self, metric: Metric, **labels: str) -> float:
        """How often it was counted with these labels; of a histogram, how many there were."""
        values = tuple(labels[label] for label in metric.labels)
        return sum(
            amount
            for (name, *rest), amount in self._numbers()
            if name == metric.name and tuple(rest[: len(values)]) == values and rest[-1:] != [SUM]
        )

    def seconds(self, metric: Histogram, **labels: str) -> float:
        """How long they took together."""
        values = [labels[label] for label in metric.labels]
        return {tuple(name): amount for name, amount in self._numbers()}.get((metric.name, *values, SUM), 0.0)

    def _numbers(self) -> list[tuple[list[str], float]]:
        batch = self._tally.next_batch()
        for field, amount in batch.amounts.items():
            self._amounts[field] = self._amounts.get(field, 0) + amount
        self._tally.confirm(batch)
        return [(json.loads(field), amount) for field, amount in self._amounts.items()]
