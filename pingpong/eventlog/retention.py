"""What has been shipped long ago leaves Postgres."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, delete, exists, select

from pingpong import clock
from pingpong.eventlog.models import EventBatch, OutboxEvent
from pingpong.extensions import db, execute_count, settings

AT_ONCE = 5_000
"""Rows that one transaction removes: locks are short, and nobody waits behind them."""


def remove_once() -> int:
    """Remove some of what is old enough; returns how many events. Zero: there is nothing left to remove."""
    return _remove_unshipped() if not settings.clickhouse_url else _remove_shipped()


def _remove_shipped() -> int:
    """The events of one batch, in parts, and then the batch."""
    old = clock.of_statement() - timedelta(seconds=settings.eventlog_retention_s)
    batch_id = db.session.scalar(
        select(EventBatch.id)
        .where(EventBatch.shipped_at < old)
        .order_by(EventBatch.shipped_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if batch_id is None:
        db.session.commit()
        return 0
    held = select(OutboxEvent.id).where(OutboxEvent.batch_id == batch_id)
    removed = _remove(held)
    # What somebody has locked was skipped: the batch stays for it.
    is_empty = EventBatch.id == batch_id, ~held.exists()
    removed_batches = execute_count(delete(EventBatch).where(*is_empty))
    db.session.commit()
    return removed or removed_batches


def _remove_unshipped() -> int:
    """Without ClickHouse, the events are nowhere else; they stay for a longer time, but not for ever."""
    old = clock.of_statement() - timedelta(seconds=settings.eventlog_retention_without_clickhouse_s)
    removed = _remove(select(OutboxEvent.id).where(OutboxEvent.occurred_at < old))
    if not removed:
        # Of a time when there was one: what is left of them would count as waiting when there is one again.
        held = exists().where(OutboxEvent.batch_id == EventBatch.id)
        db.session.execute(delete(EventBatch).where(EventBatch.oldest_at < old, ~held))
    db.session.commit()
    return removed


def _remove(found: Select[UUID]) -> int:
    some = found.limit(AT_ONCE).with_for_update(skip_locked=True)
    return execute_count(delete(OutboxEvent).where(OutboxEvent.id.in_(some.scalar_subquery())))
