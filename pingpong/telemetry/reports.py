"""What the code tells of errors beside the log, at next to no cost while nobody hears it."""

from contextlib import AbstractContextManager
from typing import Protocol

from pingpong.telemetry.spans import OFF


class Reporting(Protocol):
    """What reports, when there is somebody to report to."""

    def job(self, kind: str) -> AbstractContextManager[object]: ...  # noqa: D102 - as in Reports


class Reports:
    """The error reports of this process, or none. What is logged as an error is reported by itself."""

    def __init__(self) -> None:
        self.reporting: Reporting | None = None

    def job(self, kind: str) -> AbstractContextManager[object]:
        """Around a job: an error that leaves the block is reported with the job's ids, and raised on."""
        return self.reporting.job(kind) if self.reporting else OFF


reports = Reports()
