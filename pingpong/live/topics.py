"""The topics that news is published under, and who may hear which."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

TASK = "task"
"""Public tasks: what everybody may see."""

HEARTBEAT = "heartbeat"
"""The beat of the scheduler."""

ADMINISTRATORS = "administrators"
"""What administrators see of everybody."""

GAPS = "gaps"
"""That news of the moment, which is never replayed, may have been lost on its way."""

PUBLIC_TOPICS = frozenset({TASK, HEARTBEAT})


def user_topic(user_id: UUID) -> str:
    """What is one person's own."""
    return f"user:{user_id}"


def session_topic(session_id: UUID) -> str:
    """What concerns one login session: that it has ended."""
    return f"session:{session_id}"


@dataclass(frozen=True)
class Audience:
    """What a client may hear beside the public topics, and until when.

    `control` is heard even by a client that asks for other topics only.
    """

    topics: frozenset[str] = frozenset()
    control: frozenset[str] = frozenset()
    until: datetime | None = None


NOBODY = Audience()

AudienceOfRequest = Callable[[], Audience]
"""Says who opens a stream; a feature that knows people registers one."""
