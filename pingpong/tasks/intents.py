"""What a verb wants of the database: small enough to be gathered, and done for many tasks at once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pingpong.eventlog.bulk import Recorded


@dataclass(frozen=True)
class NewTask(Recorded):
    """Work to be stored."""

    id: UUID
    kind: str
    params: dict[str, Any]
    owner_id: UUID | None = None


@dataclass(frozen=True)
class Claim(Recorded):
    """An attempt that a worker wants to begin."""

    id: UUID
    attempt: int


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed: in words for its owner, and for administrators where in the code."""

    error: str
    trace: str | None = None


@dataclass(frozen=True)
class Outcome(Recorded):
    """What came of an attempt that was good."""

    id: UUID
    attempt: int
    result: Any
