"""What a kind's function is given besides its parameters."""

import time
from dataclasses import dataclass
from uuid import UUID

from pingpong.queue.worker import pause
from pingpong.settings import Settings


@dataclass(frozen=True)
class TaskContext:
    """One attempt at one task."""

    task_id: UUID
    attempt: int
    settings: Settings
    submitted_at_s: float
    """When the task was submitted, by `time.monotonic()`; perhaps a little late, never early."""

    @property
    def age_s(self) -> float:
        """Seconds since the task was submitted: never more than by the database's clock."""
        return time.monotonic() - self.submitted_at_s

    def wait_until_age(self, age_s: float) -> None:
        """Wait until so many seconds have passed since the task was submitted; not at all if they have.

        In an io worker, the task takes no slot meanwhile.
        Never early: a timer may fire a little before its time, and is then set again.
        """
        while (remaining_s := age_s - self.age_s) > 0:
            pause(remaining_s)
