"""Sending again what ClickHouse does not hold (any more), and only that."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from pingpong.eventlog.batches import among
from pingpong.eventlog.clickhouse.target import Target
from pingpong.eventlog.contents import contents
from pingpong.eventlog.models import EventBatch, OutboxEvent
from pingpong.extensions import db, execute_count


def replay(target: Target, since: datetime) -> int:
    """Have events that happened since then sent again, if they were refused or are not in ClickHouse.

    Returns how many. Those that are there stay there once; those that left Postgres cannot come back.
    """
    refused = update(OutboxEvent).where(OutboxEvent.refusal.is_not(None), OutboxEvent.occurred_at >= since)
    count = execute_count(refused.values(refusal=None))
    db.session.commit()
    return count + sum(_replay_batch(target, batch_id, since) for batch_id in _shipped_batches(since))


def _shipped_batches(since: datetime) -> Iterator[UUID]:
    with_some = select(OutboxEvent.batch_id).where(
        OutboxEvent.batch_id.is_not(None), OutboxEvent.occurred_at >= since
    )
    batches = select(EventBatch.id).where(EventBatch.shipped_at.is_not(None), EventBatch.id.in_(with_some))
    yield from db.session.scalars(batches.order_by(EventBatch.id)).all()


def _replay_batch(target: Target, batch_id: UUID, since: datetime) -> int:
    held = contents(batch_id, since)
    missing = set(held.ids) - target.present(held)
    # Only if nobody has taken them out of the batch meanwhile.
    again = update(OutboxEvent).where(OutboxEvent.batch_id == batch_id, among(missing))
    count = execute_count(again.values(batch_id=None))
    db.session.commit()
    return count
