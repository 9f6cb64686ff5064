"""What comes in with a message, and what its sender is told."""

from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from pingpong.openapi.models import Body, UtcTime
from pingpong.pings.kind import Message
from pingpong.tasks.models import Task
from pingpong.tasks.schemas import EXAMPLE_ID


class NewMessage(Body):
    """A message."""

    message: Message


class Accepted(BaseModel):
    """What the first submit with a key was told is what every repetition is told."""

    id: UUID
    kind: str
    message: str
    status: Literal["queued"] = "queued"
    submitted_at: UtcTime

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_ID,
                "kind": "ping",
                "message": "hello",
                "status": "queued",
                "submitted_at": "2026-11-20T22:55:49.670146Z",
            }
        }
    )

    @classmethod
    def of(cls, task: Task) -> Self:
        """The acceptance of a ping."""
        return cls(id=task.id, kind=task.kind, message=task.params["text"], submitted_at=task.submitted_at)
