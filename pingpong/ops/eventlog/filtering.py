"""What the filters mean: conditions, and which of them an index serves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Text, and_, any_, cast, func, select
from sqlalchemy.orm import aliased

from pingpong.database import contains_folded
from pingpong.eventlog.models import EventBatch, OutboxEvent
from pingpong.ops.eventlog.actors import actor_id_of
from pingpong.ops.eventlog.schemas import EventQuery, EventState

Condition = Callable[[type[OutboxEvent]], ColumnElement[bool]]


@dataclass(frozen=True)
class Filters:
    """The conditions of a query. An index serves the first of `indexed`, each within the bounds of time."""

    bounds: Sequence[ColumnElement[bool]]
    indexed: Sequence[Condition]
    others: Sequence[Condition]

    @classmethod
    def of(cls, query: EventQuery) -> Self:
        """Raises InvalidInput for an actor who is nobody."""
        actor_id = actor_id_of(query.actor) if query.actor else None
        return cls([*_bounds(query)], [*_indexed(query, actor_id)], [*_others(query)])

    def of_index(self) -> Sequence[ColumnElement[bool]]:
        """What rows the window is made of."""
        return [*self.bounds, *(condition(OutboxEvent) for condition in self.indexed[:1])]

    def of_window(self, seen: type[OutboxEvent]) -> Sequence[ColumnElement[bool]]:
        """What is looked for in it; the batches are joined to it."""
        return [condition(seen) for condition in (*self.indexed[1:], *self.others)]


def _bounds(query: EventQuery) -> Iterator[ColumnElement[bool]]:
    if query.since:
        yield OutboxEvent.occurred_at >= query.since
    if query.until:
        yield OutboxEvent.occurred_at < query.until


def _indexed(query: EventQuery, actor_id: UUID | None) -> Iterator[Condition]:
    """The one that leaves the fewest rows comes first."""
    if query.state is EventState.SET_ASIDE:
        yield lambda of: of.refusal.is_not(None)
    if query.state is EventState.SHIPPING:
        yield lambda of: of.id == any_(func.array(_shipping()))
    if actor_id:
        yield lambda of: of.actor_id == actor_id
    if query.event_type:
        yield lambda of: of.event_type == query.event_type
    if query.state is EventState.WAITING:
        yield lambda of: and_(of.batch_id.is_(None), of.refusal.is_(None))


def _shipping() -> ScalarSelect[UUID]:
    """What is in open batches: few, and older than all that waits.

    As an array, for Postgres takes them to be spread over time, and would read through what waits.
    """
    held = aliased(OutboxEvent)
    is_open = select(EventBatch.id).where(EventBatch.shipped_at.is_(None))
    return select(held.id).where(held.batch_id.in_(is_open)).correlate(None).scalar_subquery()


def _others(query: EventQuery) -> Iterator[Condition]:
    if query.request_id:
        yield lambda of: of.request_id == query.request_id
    if query.q:
        yield lambda of: contains_folded(func.lower(cast(of.context, Text)), query.q)
    if query.state is EventState.SHIPPED:
        yield lambda of: EventBatch.shipped_at.is_not(None)
