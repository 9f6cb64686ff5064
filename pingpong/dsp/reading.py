"""Finding entities: a page of them, one, its requests, its graph, and how all stands."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from pingpong.accounts.models import User
from pingpong.cursor import Cursor
from pingpong.database import contains_folded
from pingpong.dsp.breaker import circuit
from pingpong.dsp.ledger import lately, sent_within
from pingpong.dsp.limiter import RateLimit
from pingpong.dsp.models import Entity, EntityAudit, dependency_ids
from pingpong.dsp.schemas import (
    AuditPage,
    AuditQuery,
    AuditShown,
    CircuitShown,
    EntityPage,
    EntityQuery,
    EntityShown,
    StandingShown,
)
from pingpong.dsp.states import EntityStatus
from pingpong.extensions import db, release, settings

NEWEST = "entities"
"""The order of the list, in its cursors."""
AUDIT = "audit"
EXPORT_BATCH = 1_000


def show(entity: Entity) -> EntityShown:
    """One entity, with what it depends on."""
    shown = EntityShown.of(entity, dependency_ids([entity.id])[entity.id])
    release()
    return shown


def show_many(ids: Sequence[UUID]) -> list[EntityShown]:
    """These, in this order."""
    batches = range(0, len(ids), EXPORT_BATCH)
    return [shown for first in batches for shown in _in_order(ids[first : first + EXPORT_BATCH])]


def _in_order(ids: Sequence[UUID]) -> list[EntityShown]:
    by_id = {entity.id: entity for entity in db.session.scalars(select(Entity).where(Entity.id.in_(ids)))}
    return _shown([by_id[id_] for id_ in ids])


def page_of(query: EntityQuery, reader: User) -> EntityPage:
    """A page of what this person may see, newest first. Raises InvalidInput for a bad cursor."""
    found = _matching(query, reader)
    if query.after:
        found = found.where(Entity.id < Cursor.parse(query.after, sort=NEWEST, field="after").id)
    rows = db.session.scalars(found.order_by(Entity.id.desc()).limit(query.limit + 1)).all()
    shown = _shown(rows[: query.limit])
    more = len(rows) > query.limit
    return EntityPage(items=shown, next=str(Cursor(NEWEST, 0, shown[-1].id)) if more else None)


def export(query: EntityQuery, reader: User) -> Iterator[EntityShown]:
    """All that match, newest first; no connection is held in between."""
    last: UUID | None = None
    while True:
        found = _matching(query, reader).order_by(Entity.id.desc()).limit(EXPORT_BATCH)
        if last is not None:
            found = found.where(Entity.id < last)
        batch = _shown(list(db.session.scalars(found)))
        if not batch:
            return
        yield from batch
        last = batch[-1].id


def audit_of(entity_id: UUID, query: AuditQuery) -> AuditPage:
    """A page of the requests for an entity, newest first. Raises InvalidInput for a bad cursor."""
    found = select(EntityAudit).where(EntityAudit.entity_id == entity_id)
    if query.after:
        cursor = Cursor.parse(query.after, sort=AUDIT, field="after")
        found = found.where(EntityAudit.id < cursor.value)
    rows = list(db.session.scalars(found.order_by(EntityAudit.id.desc()).limit(query.limit + 1)))
    release()
    kept = rows[: query.limit]
    next_ = str(Cursor(AUDIT, kept[-1].id, entity_id)) if len(rows) > query.limit else None
    return AuditPage(items=[AuditShown.of(row) for row in kept], next=next_)


def standing(reader: User) -> StandingShown:
    """How the submissions stand. All of it is read from Postgres: it can be told while Redis is away."""
    rate = RateLimit.of(settings)
    breaker = circuit()
    counts = select(Entity.status, func.count()).where(_visible_to(reader)).group_by(Entity.status)
    by_status: dict[EntityStatus, int] = {row[0]: row[1] for row in db.session.execute(counts)}
    blocked = select(func.count()).where(
        _visible_to(reader), Entity.status == EntityStatus.WAITING, Entity.blocked_reason.is_not(None)
    )
    return StandingShown(
        is_configured=bool(settings.dsp_api_url),
        limit=rate.limit,
        window_s=rate.window_s,
        used=sent_within(rate.window_s),
        circuit=CircuitShown(
            status="open" if breaker.is_open else "closed", next_probe_in_s=breaker.next_probe_in_s
        ),
        entities={status: by_status.get(status, 0) for status in EntityStatus},
        blocked=db.session.scalar(blocked) or 0,
        stopped_for_s=lately(rate).stopped_s,
    )


def _matching(query: EntityQuery, reader: User) -> Select[Entity]:
    found = select(Entity).where(_visible_to(reader)).execution_options(populate_existing=True)
    if query.status:
        found = found.where(Entity.status == query.status)
    if query.entity_type:
        found = found.where(Entity.entity_type == query.entity_type)
    if query.blocked is not None:
        found = found.where(Entity.blocked_reason.is_not(None) == query.blocked)
    if query.q:
        found = found.where(contains_folded(func.lower(Entity.ref), query.q))
    return found


def _visible_to(reader: User) -> ColumnElement[bool]:
    return Entity.id.is_not(None) if reader.is_admin else Entity.owner_id == reader.id


def _shown(entities: Sequence[Entity]) -> list[EntityShown]:
    needs = dependency_ids([entity.id for entity in entities])
    release()
    return [EntityShown.of(entity, needs[entity.id]) for entity in entities]
