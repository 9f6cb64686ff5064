"""What a verb wants of the database: small enough to be gathered, and done for many tasks at once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pingpong.tasks.states import TaskStatus


@dataclass(frozen=True)
class NewTask:
    """Work to be stored."""

    id: UUID
    kind: str
    params: dict[str, Any]
    owner_id: UUID | None = None


@dataclass(frozen=True)
class Claim:
    """An attempt that a worker wants to begin."""

    id: UUID
    attempt: int


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt."""

    id: UUID
    attempt: int
    status: TaskStatus
    result: Any = None
    error: str | None = None
    progress: int = 0
