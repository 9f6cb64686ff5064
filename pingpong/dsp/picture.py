"""The part of the graph that an entity is in: what it depends on, what depends on it, and so on."""

from uuid import UUID

from sqlalchemy import or_, select

from pingpong.dsp.models import Entity, dependencies
from pingpong.dsp.schemas import NodeShown, PictureShown
from pingpong.extensions import db, release

MOST_DRAWN = 200


def picture_of(entity: Entity, most: int = MOST_DRAWN) -> PictureShown:
    """It and its relations, the nearest first, as many as can be drawn."""
    ids, is_whole = _related(entity.id, most)
    found = db.session.scalars(select(Entity).where(Entity.id.in_(ids)).order_by(Entity.id))
    nodes = [NodeShown.model_validate(one, from_attributes=True) for one in found]
    inside = dependencies.c.entity_id.in_(ids) & dependencies.c.dependency_id.in_(ids)
    edges = [(row[0], row[1]) for row in db.session.execute(select(dependencies).where(inside))]
    release()
    return PictureShown(nodes=nodes, edges=edges, is_whole=is_whole)


def _related(start: UUID, most: int) -> tuple[set[UUID], bool]:
    """Step by step outwards, until there is nobody new or they are too many."""
    known, newest = {start}, {start}
    while newest:
        newest = _neighbours(newest, most) - known
        room = most - len(known)
        known.update(sorted(newest)[:room])
        if len(newest) > room:
            return known, False
    return known, True


def _neighbours(ids: set[UUID], most: int) -> set[UUID]:
    touching = or_(dependencies.c.entity_id.in_(ids), dependencies.c.dependency_id.in_(ids))
    # Twice as many: each may lead back to one that is known.
    rows = db.session.execute(select(dependencies).where(touching).limit(4 * most))
    return {one for row in rows for one in row}
