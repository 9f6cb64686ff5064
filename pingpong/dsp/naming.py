"""What entities are called by others: by their id, or `@ref`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, String, Uuid, and_, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import load_only
from sqlalchemy.types import TypeEngine

from pingpong.dsp.models import Entity
from pingpong.dsp.states import EntityStatus
from pingpong.extensions import db

REF_MARK = "@"


@dataclass(frozen=True)
class Known:
    """An entity that something may depend on. `status` is None for one that is about to be created."""

    id: UUID
    ref: str | None
    status: EntityStatus | None = None
    is_blocked: bool = False

    @property
    def names(self) -> set[str]:
        """What a payload may call it."""
        return {str(self.id), self.ref} if self.ref else {str(self.id)}

    @property
    def is_stuck(self) -> bool:
        """Whether what depends on it is blocked."""
        return self.is_blocked or self.status is EntityStatus.FAILED


def known_to(owner_id: UUID, names: Collection[str], own: Mapping[str, Known]) -> dict[str, Known]:
    """Those of the names that mean something: in `own` (by ref), or among the entities of this owner.

    A ref that was used several times means the newest.
    """
    known = {f"{REF_MARK}{ref}": one for ref, one in own.items()}
    others = {name for name in names if name not in known}
    refs = [name.removeprefix(REF_MARK) for name in others if name.startswith(REF_MARK)]
    ids = {name: UUID(name) for name in others if is_id(name)}
    known.update(_by_ref(owner_id, refs))
    by_id = _by_id(owner_id, set(ids.values()))
    return known | {name: by_id[id_] for name, id_ in ids.items() if id_ in by_id}


def names_of(ids: Collection[UUID], owner_id: UUID | None = None) -> dict[UUID, str]:
    """What people call each of these; if an owner is given, only of those that are theirs."""
    found = select(Entity.id, Entity.ref).where(_is_one_of(Entity.id, ids, Uuid()))
    if owner_id:
        found = found.where(Entity.owner_id == owner_id)
    return {row.id: row.ref or str(row.id) for row in db.session.execute(found)}


def is_id(name: str) -> bool:
    """Whether it is an id."""
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _by_ref(owner_id: UUID, refs: Collection[str]) -> dict[str, Known]:
    theirs = and_(Entity.owner_id == owner_id, _is_one_of(Entity.ref, refs, String()))
    newest = _entities().where(theirs).ext(distinct_on(Entity.ref)).order_by(Entity.ref, Entity.id.desc())
    return {f"{REF_MARK}{one.ref}": _known(one) for one in db.session.scalars(newest)} if refs else {}


def _by_id(owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, Known]:
    found = _entities().where(_is_one_of(Entity.id, ids, Uuid()), Entity.owner_id == owner_id)
    return {one.id: _known(one) for one in db.session.scalars(found)}


def _is_one_of(
    column: SQLColumnExpression[Any], values: Collection[Any], kind: TypeEngine[Any]
) -> ColumnElement[bool]:
    """As `in_`, but with one parameter for all: of more than 65,535 Postgres takes none."""
    return column == any_(literal(list(values), ARRAY(kind)))


def _entities() -> Select[Entity]:
    return (
        select(Entity)
        .options(load_only(Entity.ref, Entity.status, Entity.blocked_reason))
        .execution_options(populate_existing=True)
    )


def _known(entity: Entity) -> Known:
    return Known(entity.id, entity.ref, entity.status, entity.blocked_reason is not None)
