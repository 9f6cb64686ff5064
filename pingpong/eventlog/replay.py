"""Sending again what ClickHouse does not hold (any more), and only that."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, text, update

from pingpong.eventlog.batches import among
from pingpong.eventlog.clickhouse.target import Target
from pingpong.eventlog.contents import THE_END, contents
from pingpong.eventlog.events import EventlogReplayed
from pingpong.eventlog.models import EventBatch, OutboxEvent
from pingpong.eventlog.recording import record
from pingpong.extensions import db, execute_count


def replay(target: Target, since: datetime, until: datetime = THE_END) -> int:
    """Have events sent again that happened since then and before that, if they were refused or are not there.

    Returns how many. Those that are there stay there once; those that left Postgres cannot come back. Raises
    Unsure if ClickHouse does not answer: what was moved before that stays so, and its events tell of it.
    """
    _take_all_the_time()
    refused = update(OutboxEvent).where(OutboxEvent.refusal.is_not(None), *_between(since, until))
    return _record(execute_count(refused.values(refusal=None))) + sum(
        _replay_batch(target, batch_id, since, until) for batch_id in _shipped_batches(since, until)
    )


def _take_all_the_time() -> None:
    """Let this transaction's statements look through a long time, which may take longer than others may."""
    db.session.execute(text("SET LOCAL statement_timeout = 0"))


def _between(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return OutboxEvent.occurred_at >= since, OutboxEvent.occurred_at < until


def _shipped_batches(since: datetime, until: datetime) -> Iterator[UUID]:
    _take_all_the_time()
    with_some = select(OutboxEvent.batch_id).where(OutboxEvent.batch_id.is_not(None), *_between(since, until))
    batches = select(EventBatch.id).where(EventBatch.shipped_at.is_not(None), EventBatch.id.in_(with_some))
    yield from db.session.scalars(batches.order_by(EventBatch.id)).all()


def _replay_batch(target: Target, batch_id: UUID, since: datetime, until: datetime) -> int:
    held = contents(batch_id, since, until)
    missing = set(held.ids) - target.present(held)
    # Only if nobody has taken them out of the batch meanwhile.
    again = update(OutboxEvent).where(OutboxEvent.batch_id == batch_id, among(missing))
    return _record(execute_count(again.values(batch_id=None)))


def _record(count: int) -> int:
    if count:
        record(EventlogReplayed(events=count))
    db.session.commit()
    return count
