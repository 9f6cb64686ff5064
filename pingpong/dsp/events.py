"""What is recorded of submissions: how they move, never what they say or are called, here or elsewhere.

Its actor is the person by whose doing it happened; what the third party answers is nobody's.
"""

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

from pydantic import Field

from pingpong.dsp.states import Action, EntityStatus, Failure
from pingpong.eventlog.catalogue import EventContext, event

Part = Literal["payload", "depends_on"]

Outcome = Literal["accepted", "pending", "succeeded", "refused", "fault"]
"""What an answer means; a fault is no answer, or none that can be understood."""


class EntityEvent(EventContext):
    """Something that happened to an entity."""

    entity_id: UUID


@event("entity.created", version=1)
class EntityCreated(EntityEvent):
    """An entity is to be sent to the third party."""

    entity_type: str = Field(description="One of `DSP_ENTITY_TYPES`.")
    status: EntityStatus
    dependencies: int = Field(description="How many others it depends on directly.")


@event("entity.changed", version=1)
class EntityChanged(EntityEvent):
    """A person has changed an entity that was not sent yet."""

    parts: list[Part] = Field(description="What is not as it was.")
    status: EntityStatus = Field(description="Where it stands now.")


@event("entity.submitted", version=1)
class EntitySubmitted(EntityEvent):
    """The third party has taken an entity."""

    attempts: int = Field(description="How often it was sent until then.")


@event("entity.completed", version=1)
class EntityCompleted(EntityEvent):
    """The third party is done with an entity."""

    attempts: int = Field(description="How often it was sent.")
    polls: int = Field(description="How often the third party was asked how it stands.")


@event("entity.failed", version=1)
class EntityFailed(EntityEvent):
    """An entity was given up."""

    failure: Failure = Field(
        description="The third party said no, or did not answer, or something that it depends on was"
        " cancelled."
    )


@event("entity.cancelled", version=1)
class EntityCancelled(EntityEvent):
    """A person has called an entity off."""

    was: EntityStatus


@event("entity.retried", version=1)
class EntityRetried(EntityEvent):
    """A person has an entity tried again."""

    was: EntityStatus
    status: EntityStatus = Field(description="Where it stands now.")
    submission: int = Field(description="Counts what the third party is to take for separate submissions.")


@event("entity.revived", version=1)
class EntityRevived(EntityEvent):
    """An entity that failed because another was cancelled waits again: that one is tried again."""


@event("entity.released", version=1)
class EntityReleased(EntityEvent):
    """All that an entity waited for is completed: it is its turn."""


@event("entity.blocked", version=1)
class EntityBlocked(EntityEvent):
    """An entity that waits cannot go on, as something failed before it; or for another reason than before."""


@event("entity.unblocked", version=1)
class EntityUnblocked(EntityEvent):
    """What kept an entity from going on is tried again, or is no longer needed."""


@event("request.answered", version=1)
class RequestAnswered(EntityEvent):
    """What came of a request to the third party, also if that is nothing. The audit has each request, too."""

    action: Action
    attempt: int = Field(description="Counts those of this action since a person last asked for another try.")
    outcome: Outcome
    http_status: int | None = Field(description="Empty if there was no answer.")
    duration_ms: int | None = Field(description="Empty if its worker ended before that was known.")
    backoff_s: float | None = Field(description="How long the next attempt has to wait because of it.")
    retry_after_s: float | None = Field(description="For how long the third party wants to hear nothing.")
    is_outage: bool = Field(description="Whether it speaks against the third party as a whole.")


def entities_of(events: Iterable[EntityEvent]) -> set[UUID]:
    """Those to which something happened."""
    return {one.entity_id for one in events}
