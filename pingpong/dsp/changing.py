"""Changing what an entity says or depends on, while nothing of it is under way."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, insert

from pingpong import clock
from pingpong.accounts.models import User
from pingpong.dsp import news
from pingpong.dsp.checking import Problems, check_alive, check_cycles, check_numbers, check_payload, resolve
from pingpong.dsp.control import status_by_dependencies
from pingpong.dsp.events import EntityChanged, EntityEvent, Part, entities_of
from pingpong.dsp.models import Entity, dependencies, dependency_ids, lock_graph
from pingpong.dsp.naming import Known, known_to, names_of
from pingpong.dsp.relations import ancestry, mark_blocked
from pingpong.dsp.states import EntityStatus, Failure
from pingpong.errors import Conflict
from pingpong.eventlog.recording import record
from pingpong.extensions import committed, db

log = structlog.get_logger(__name__)

CHANGEABLE = frozenset(
    {EntityStatus.WAITING, EntityStatus.PENDING, EntityStatus.FAILED, EntityStatus.CANCELLED}
)


def change(
    entity_id: UUID, person: User, payload: dict[str, Any] | None, depends_on: Sequence[str] | None
) -> Entity:
    """Give it another payload or other dependencies; what is None stays.

    Raises NotFound, Conflict for one that is at the third party or on its way there, or InvalidInput.
    """
    lock_graph()
    with committed():
        entity = Entity.find(entity_id, person, lock=True)
        _require_changeable(entity)
        needs = _checked(entity, payload, depends_on)
        parts = _parts(entity, payload, None if depends_on is None else needs)
        entity.payload = entity.payload if payload is None else payload
        events = _depend_on(entity, needs) if depends_on is not None else []
        if parts:
            events.insert(0, EntityChanged(entity_id=entity.id, parts=parts, status=entity.status))
        record(*events, actor_id=person.id)
    log.info("dsp_changed", entity_id=str(entity.id), by=str(person.id))
    news.tell(entity.owner_id, {entity.id, *entities_of(events)})
    return entity


def _require_changeable(entity: Entity) -> None:
    may_be_there = entity.may_be_there and entity.failure is not Failure.REFUSED
    if entity.status not in CHANGEABLE or may_be_there or entity.claim:
        raise Conflict("It is on its way to the third party, or may be there already.")


def _checked(entity: Entity, payload: dict[str, Any] | None, depends_on: Sequence[str] | None) -> list[Known]:
    problems = Problems(None)
    names = [str(one) for one in dependency_ids([entity.id])[entity.id]] if depends_on is None else depends_on
    known = known_to(entity.owner_id, set(names), {})
    wanted = entity.payload if payload is None else payload
    check_payload(0, wanted, problems)
    check_numbers([names], problems)
    needs = resolve(0, names, wanted, known, problems)
    if depends_on is not None:
        check_alive(0, needs, problems)
    ids = [one.id for one in needs]
    graph = {**ancestry(ids), entity.id: ids}
    check_cycles(graph, names_of(graph), problems)
    problems.raise_if_any()
    return needs


def _parts(entity: Entity, payload: dict[str, Any] | None, needs: Sequence[Known] | None) -> list[Part]:
    """What is about to be other than it is."""
    parts: list[Part] = []
    if payload not in (None, entity.payload):
        parts.append("payload")
    if needs is not None and {one.id for one in needs} != set(dependency_ids([entity.id])[entity.id]):
        parts.append("depends_on")
    return parts


def _depend_on(entity: Entity, needs: Sequence[Known]) -> list[EntityEvent]:
    """Write what it depends on, and whether it waits now. Returns what that means for it and for others."""
    db.session.execute(delete(dependencies).where(dependencies.c.entity_id == entity.id))
    if needs:
        rows = [{"entity_id": entity.id, "dependency_id": one.id} for one in needs]
        db.session.execute(insert(dependencies), rows)
    status = status_by_dependencies(entity.id)
    if entity.status in {EntityStatus.WAITING, EntityStatus.PENDING} and status is not entity.status:
        entity.become(status)
        entity.next_attempt_at = clock.now() if status is EntityStatus.PENDING else None
        entity.blocked_reason = None
    return mark_blocked([entity.id])
