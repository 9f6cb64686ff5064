"""The part of the graph that an entity is in: what it depends on, what depends on it, and so on."""

from uuid import UUID

from sqlalchemy import select, union

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
        room = most - len(known)
        newest = _neighbours(newest, known, room + 1)
        known.update(sorted(newest)[:room])
        if len(newest) > room:
            return known, False
    return known, True


def _neighbours(ids: set[UUID], known: set[UUID], most: int) -> set[UUID]:
    """At most so many that are not known yet."""
    entity_id, dependency_id = dependencies.c.entity_id, dependencies.c.dependency_id
    needed = select(dependency_id).where(entity_id.in_(ids), dependency_id.not_in(known))
    needing = select(entity_id).where(dependency_id.in_(ids), entity_id.not_in(known))
    return set(db.session.scalars(union(needed, needing).limit(most)))
