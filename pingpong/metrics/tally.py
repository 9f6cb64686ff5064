"""What this process has counted and not told yet: one number a series, however long nobody can be told."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True)
class Batch:
    """What was counted until some moment. Told again, it is known by its number."""

    process: str
    number: int
    amounts: Mapping[str, float]


class Tally:
    """The counts of one process. Adding costs half a microsecond and never waits for anybody."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin with nothing, as another process: whatever was counted here is told by whom it was before."""
        self._lock = threading.Lock()
        self._amounts: dict[str, float] = {}
        self._batch = Batch(uuid4().hex, 0, {})

    def add(self, field: str, amount: float) -> None:
        """Count."""
        with self._lock:
            self._amounts[field] = self._amounts.get(field, 0) + amount

    def next_batch(self) -> Batch:
        """What is to be told: as long as the last batch is not confirmed, that one."""
        with self._lock:
            if not self._batch.amounts and self._amounts:
                self._batch = Batch(self._batch.process, self._batch.number + 1, self._amounts)
                self._amounts = {}
            return self._batch

    def confirm(self, batch: Batch) -> None:
        """It was told."""
        with self._lock:
            if batch.number == self._batch.number:
                self._batch = Batch(batch.process, batch.number, {})


tally = Tally()
# A fork has what its parent has counted, and perhaps a lock that a thread of the parent's holds.
os.register_at_fork(after_in_child=tally.forget)
