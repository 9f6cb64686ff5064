"""How far ClickHouse is behind."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select

from pingpong import clock
from pingpong.eventlog.models import WAITING, EventBatch, OutboxEvent
from pingpong.extensions import db, release

COUNTED = 1_000_000
"""More is not counted, to bound what a look costs."""


@dataclass(frozen=True)
class Lag:
    """What is still to be shipped, and what never will be."""

    waiting: int
    """Events that are not known to be in ClickHouse, those in batches under way included."""
    oldest_s: float
    """How long ago the oldest of them happened; 0 if there are none."""
    refused: int
    """Events that are set aside."""
    last_error: str | None
    """What went wrong with the oldest batch that is still to be shipped."""


def lag(most: int = COUNTED) -> Lag:
    """Look into the outbox; `most` is how many that wait for a batch, or are set aside, are counted."""
    counted = _count(most, *WAITING)
    oldest_without = select(func.min(OutboxEvent.occurred_at)).where(*WAITING).scalar_subquery()
    open_batches = EventBatch.shipped_at.is_(None)
    in_batches, age_s = db.session.execute(
        select(
            func.coalesce(func.sum(EventBatch.events), 0),
            _age_s(func.least(func.min(EventBatch.oldest_at), oldest_without)),
        ).where(open_batches)
    ).one()
    error = select(EventBatch.last_error).where(open_batches, EventBatch.last_error.is_not(None))
    last_error = db.session.scalar(error.order_by(EventBatch.oldest_at).limit(1))
    refused = _count(most, OutboxEvent.refusal.is_not(None))
    release()
    return Lag(counted + in_batches, max(0.0, age_s or 0.0), refused, last_error)


def _count(most: int, *which: ColumnElement[bool]) -> int:
    events = select(1).select_from(OutboxEvent).where(*which).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(events)) or 0


def _age_s(moment: SQLColumnExpression[datetime]) -> ColumnElement[float]:
    return clock.epoch_s(clock.now()) - clock.epoch_s(moment)
