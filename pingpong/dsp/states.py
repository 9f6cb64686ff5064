"""The life of an entity, written down once: which state may follow which."""

from enum import StrEnum


class EntityStatus(StrEnum):
    """Where an entity stands."""

    WAITING = "waiting"
    """Something that it depends on is not completed."""

    PENDING = "pending"
    """To be sent as soon as it is its turn."""

    SUBMITTED = "submitted"
    """The third party has taken it; it is asked now and then what has become of it."""

    COMPLETED = "completed"
    """The third party says that it is done. Nothing comes after this."""

    FAILED = "failed"
    """Given up; `last_error` says why, and `failure` whose it was."""

    CANCELLED = "cancelled"
    """Called off by a person."""


class Failure(StrEnum):
    """Why an entity failed, which decides what another try has to do."""

    REFUSED = "refused"
    """The third party said no: another try is a new submission, under a new idempotency key."""

    UNANSWERED = "unanswered"
    """Nobody knows what the third party did: another try must not do it twice, so it keeps the key."""

    DEPENDENCY = "dependency"
    """What it depends on was cancelled, before anything of it was sent."""


class Action(StrEnum):
    """What is asked of the third party."""

    SUBMIT = "submit"
    POLL = "poll"


MOVES: dict[EntityStatus, frozenset[EntityStatus]] = {
    EntityStatus.WAITING: frozenset({EntityStatus.PENDING, EntityStatus.FAILED, EntityStatus.CANCELLED}),
    # A change of what it depends on may have it wait again.
    EntityStatus.PENDING: frozenset(
        {EntityStatus.WAITING, EntityStatus.SUBMITTED, EntityStatus.FAILED, EntityStatus.CANCELLED}
    ),
    EntityStatus.SUBMITTED: frozenset({EntityStatus.COMPLETED, EntityStatus.FAILED, EntityStatus.CANCELLED}),
    EntityStatus.COMPLETED: frozenset(),
    # Another try; one that was submitted is asked for again rather than submitted again.
    EntityStatus.FAILED: frozenset(
        {EntityStatus.WAITING, EntityStatus.PENDING, EntityStatus.SUBMITTED, EntityStatus.CANCELLED}
    ),
    EntityStatus.CANCELLED: frozenset({EntityStatus.WAITING, EntityStatus.PENDING, EntityStatus.SUBMITTED}),
}

OPEN = frozenset({EntityStatus.WAITING, EntityStatus.PENDING, EntityStatus.SUBMITTED})
"""Without a person's doing, something is still to come."""

ENDED = frozenset({EntityStatus.FAILED, EntityStatus.CANCELLED})
"""A person may have it tried again."""

TO_SEND = {EntityStatus.PENDING: Action.SUBMIT, EntityStatus.SUBMITTED: Action.POLL}
"""What is due to be asked in which state."""


def may_become(target: EntityStatus) -> frozenset[EntityStatus]:
    """The states from which `target` can be reached: the condition of every update of a status."""
    return frozenset(status for status, following in MOVES.items() if target in following)
