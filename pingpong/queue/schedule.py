"""A periodic job, declared."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """A function that runs as a job every `every_s` seconds, on a grid that starts at the Unix epoch.

    `function` is its dotted path. It is called with the slot's time (seconds since the epoch, by Redis'
    clock) when `takes_slot` is set, else without arguments.
    """

    name: str
    function: str
    every_s: float
    queue: str
    takes_slot: bool = False

    @property
    def id(self) -> str:
        """Under which it stands among rq-scheduler's scheduled jobs."""
        return f"schedule-{self.name}"
