"""Telling the news of tasks at once, where a process ends with its task."""

from pingpong.tasks.announcer import Announcer
from pingpong.tasks.models import Task


class PromptAnnouncer(Announcer):
    """For RQ's work horses: such a process has one task, and ends with it, its threads included."""

    def announce(self, task: Task) -> None:
        """Tell how a committed task stands. Never fails: what could not be told, the rescuer tells."""
        super().announce(task)
        self.run_once()
