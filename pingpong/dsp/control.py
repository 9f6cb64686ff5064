"""What people do with an entity: have it tried again, call it off, or change what it says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from pingpong import clock
from pingpong.accounts.models import User
from pingpong.dsp import news
from pingpong.dsp.events import EntityCancelled, EntityEvent, EntityRetried, entities_of
from pingpong.dsp.models import Entity, dependencies, lock_graph
from pingpong.dsp.relations import fail_waiting, mark_blocked, revive
from pingpong.dsp.states import ENDED, EntityStatus, Failure
from pingpong.errors import Conflict, NotFound
from pingpong.eventlog.recording import record
from pingpong.extensions import db

log = structlog.get_logger(__name__)

Verb = Callable[[UUID, User], Entity]


@dataclass(frozen=True)
class Refusal:
    """One of many with which it could not be done, and why."""

    id: UUID
    message: str


def retry(entity_id: UUID, person: User) -> Entity:
    """Have one tried again that failed or was cancelled, and with it all that waits for it.

    What the third party may have done is not done twice: a submission to which no answer came is repeated
    under its old key, and one that was taken is only asked for. Raises NotFound or Conflict.
    """
    lock_graph()
    entity = Entity.find(entity_id, person, lock=True)
    if entity.status not in ENDED:
        raise _conflict("Only an entity that failed or was cancelled can be tried again.")
    was = entity.status
    _open_again(entity)
    retried = EntityRetried(entity_id=entity.id, was=was, status=entity.status, submission=entity.submission)
    return _done("dsp_retried", entity, person, [retried, *revive(entity), *mark_blocked([entity.id])])


def cancel(entity_id: UUID, person: User) -> Entity:
    """Call it off. What waits for it fails. One that was sent already is only no longer followed.

    Raises NotFound or Conflict.
    """
    lock_graph()
    entity = Entity.find(entity_id, person, lock=True)
    if entity.status in {EntityStatus.COMPLETED, EntityStatus.CANCELLED}:
        raise _conflict(f"It is {entity.status} already.")
    cancelled = EntityCancelled(entity_id=entity.id, was=entity.status)
    entity.become(EntityStatus.CANCELLED)
    entity.next_attempt_at = entity.blocked_reason = None
    failed = fail_waiting(entity, f"{entity.name} was cancelled")
    return _done("dsp_cancelled", entity, person, [cancelled, *failed])


def each(verb: Verb, ids: Sequence[UUID], person: User) -> tuple[list[UUID], list[Refusal]]:
    """Do it with each of many: those with which it was done, and the others."""
    done: list[UUID] = []
    refused: list[Refusal] = []
    for entity_id in ids:
        try:
            done.append(verb(entity_id, person).id)
        except (NotFound, Conflict) as error:
            db.session.rollback()
            refused.append(Refusal(entity_id, error.message))
    return done, refused


def _open_again(entity: Entity) -> None:
    if entity.failure is Failure.REFUSED:
        entity.submission += 1
        entity.remote_id, entity.may_be_there = None, False
    entity.attempts = entity.polls = entity.failures = 0
    entity.last_error = entity.failure = None
    entity.become(EntityStatus.SUBMITTED if entity.remote_id else status_by_dependencies(entity.id))
    is_due = entity.status is not EntityStatus.WAITING
    entity.next_attempt_at = clock.now() if is_due else None


def status_by_dependencies(entity_id: UUID) -> EntityStatus:
    """Whether it waits for any. Raises Conflict if it would wait for what was cancelled."""
    theirs: dict[EntityStatus, Any] = dict(
        db.session.execute(
            select(Entity.status, Entity.ref)
            .join(dependencies, dependencies.c.dependency_id == Entity.id)
            .where(dependencies.c.entity_id == entity_id)
        ).all()
    )
    if EntityStatus.CANCELLED in theirs:
        raise _conflict("Something that it depends on was cancelled: have that tried again first.")
    return EntityStatus.PENDING if set(theirs) <= {EntityStatus.COMPLETED} else EntityStatus.WAITING


def _done(event: str, entity: Entity, person: User, events: Sequence[EntityEvent]) -> Entity:
    changed = entities_of(events)
    record(*events, actor_id=person.id)
    db.session.commit()
    db.session.refresh(entity)
    log.info(event, entity_id=str(entity.id), by=str(person.id), entities=len(changed))
    news.tell(entity.owner_id, changed)
    return entity


def _conflict(message: str) -> Conflict:
    db.session.rollback()
    return Conflict(message)
