"""What a kind's function is given besides its parameters."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from pingpong.queue.worker import pause
from pingpong.settings import Settings
from pingpong.tasks.errors import TaskCancelled
from pingpong.tasks.states import COMPLETE

PROGRESS_EVERY_S = 0.25


@dataclass
class TaskContext:
    """One attempt at one task."""

    task_id: UUID
    attempt: int
    settings: Settings
    submitted_at_s: float
    """When the task was submitted, by `time.monotonic()`; perhaps a little late, never early."""
    _advance: Callable[[int], bool]
    promised_age_s: float | None = None
    """At which age it is to be answered, if its kind has waited for one."""
    _told_at_s: float = -math.inf

    @property
    def age_s(self) -> float:
        """Seconds since the task was submitted: never more than by the database's clock."""
        return time.monotonic() - self.submitted_at_s

    def wait_until_age(self, age_s: float) -> None:
        """Wait until so many seconds have passed since the task was submitted; not at all if they have.

        In an io worker, the task takes no slot meanwhile.
        Never early: a timer may fire a little before its time, and is then set again.
        """
        self.promised_age_s = age_s
        while (remaining_s := age_s - self.age_s) > 0:
            pause(remaining_s)

    def progress(self, percent: float) -> None:
        """Tell how far the work has come; call it as often as you like, it is told a few times a second.

        Raises TaskCancelled when the work is no longer wanted.
        """
        now_s = time.monotonic()
        if now_s - self._told_at_s < PROGRESS_EVERY_S:
            return
        self._told_at_s = now_s
        if not self._advance(min(max(int(percent), 0), COMPLETE)):
            raise TaskCancelled
