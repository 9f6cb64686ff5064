"""Creating entities, one or a whole graph: all of them, or with an error none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from pingpong import clock
from pingpong.accounts.models import User
from pingpong.dsp import news
from pingpong.dsp.checking import Problems, check_alive, check_cycles, check_each, check_numbers, resolve
from pingpong.dsp.events import EntityCreated, EntityEvent
from pingpong.dsp.models import Entity, dependencies, lock_graph
from pingpong.dsp.naming import Known, known_to
from pingpong.dsp.relations import mark_blocked
from pingpong.dsp.schemas import NewEntity
from pingpong.dsp.states import EntityStatus
from pingpong.eventlog.recording import record
from pingpong.extensions import committed, db

log = structlog.get_logger(__name__)


BATCH = 1_000
"""Rows of a statement. Between two, the process does something else."""


@dataclass(frozen=True)
class Draft:
    """An entity that is about to be stored, and what it depends on."""

    id: UUID
    new: NewEntity
    needs: list[Known]

    @property
    def status(self) -> EntityStatus:
        """Whether it has to wait."""
        is_ready = all(one.status is EntityStatus.COMPLETED for one in self.needs)
        return EntityStatus.PENDING if is_ready else EntityStatus.WAITING


def create(owner: User, wanted: Sequence[NewEntity], *, as_graph: bool) -> list[UUID]:
    """Store them, to be sent in the order that their dependencies allow. Returns their ids, as given.

    Raises InvalidInput, which names every unknown type and reference, and a cycle if there is one; its fields
    are those of a graph (`entities.3.payload`) or of a single entity (`payload`).
    """
    problems = Problems("entities" if as_graph else None)
    check_numbers([new.depends_on for new in wanted], problems)
    check_each(wanted, problems)
    lock_graph()
    with committed():
        drafts = _drafts(owner, wanted, problems)
        problems.raise_if_any()
        record(*_store(owner, drafts), actor_id=owner.id)
    ids = [draft.id for draft in drafts]
    log.info("dsp_created", entities=len(ids), owner_id=str(owner.id), first_entity_id=str(ids[0]))
    news.tell(owner.id, ids)
    return ids


def _drafts(owner: User, wanted: Sequence[NewEntity], problems: Problems) -> list[Draft]:
    ids: list[UUID] = [uuid7() for _ in wanted]
    own = {new.ref: Known(id_, new.ref) for id_, new in zip(ids, wanted, strict=True) if new.ref}
    known = known_to(owner.id, {name for new in wanted for name in new.depends_on}, own)
    drafts = [
        Draft(id_, new, resolve(number, new.depends_on, new.payload, known, problems))
        for number, (id_, new) in enumerate(zip(ids, wanted, strict=True))
    ]
    for number, draft in enumerate(drafts):
        check_alive(number, draft.needs, problems)
    names = {draft.id: draft.new.ref or str(draft.id) for draft in drafts}
    check_cycles({draft.id: [one.id for one in draft.needs] for draft in drafts}, names, problems)
    return drafts


def _store(owner: User, drafts: Sequence[Draft]) -> list[EntityEvent]:
    now = db.session.scalar(select(clock.now()))
    rows = [_row(owner, draft, now) for draft in drafts]
    for first in range(0, len(rows), BATCH):
        db.session.execute(insert(Entity.__table__), rows[first : first + BATCH])
    edges = [{"entity_id": draft.id, "dependency_id": one.id} for draft in drafts for one in draft.needs]
    for first in range(0, len(edges), BATCH):
        db.session.execute(insert(dependencies), edges[first : first + BATCH])
    stuck = [draft.id for draft in drafts if any(one.is_stuck for one in draft.needs)]
    return [*map(_created, drafts), *(mark_blocked(stuck) if stuck else ())]


def _created(draft: Draft) -> EntityEvent:
    return EntityCreated(
        entity_id=draft.id,
        entity_type=draft.new.entity_type,
        status=draft.status,
        dependencies=len(draft.needs),
    )


def _row(owner: User, draft: Draft, now: datetime | None) -> dict[str, Any]:
    return {
        "id": draft.id,
        "owner_id": owner.id,
        "ref": draft.new.ref,
        "entity_type": draft.new.entity_type,
        "payload": draft.new.payload,
        "status": draft.status,
        "attempts": 0,
        "polls": 0,
        "failures": 0,
        "submission": 1,
        "may_be_there": False,
        "next_attempt_at": now if draft.status is EntityStatus.PENDING else None,
    }
