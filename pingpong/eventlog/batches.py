"""Batches of events: made once, sent as often as it takes, taken apart only when they were refused."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Update,
    Uuid,
    any_,
    case,
    delete,
    func,
    literal,
    select,
    text,
    update,
)
from uuid_utils.compat import uuid7

from pingpong import clock
from pingpong.database import waiting_for_the_disk
from pingpong.eventlog.models import EventBatch, OutboxEvent
from pingpong.extensions import db, execute_count, settings

# The events of one month: an insert is all or nothing only within one of ClickHouse's partitions.
# Two shippers freeze different events; who is about to record does not wait, as its rows are not seen yet.
# The moments and the ids are sub-selects of their own, so that millions of shipped events are never read,
# whatever the planner believes of the table: one index is read from the oldest on, another is asked for ids.
FREEZE = text("""
WITH oldest AS (
  SELECT occurred_at,
    (date_trunc('month', occurred_at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC' AS ends_at
  FROM event_outbox WHERE batch_id IS NULL AND refusal IS NULL ORDER BY occurred_at, id LIMIT 1
), chosen AS (
  SELECT id, occurred_at, pg_column_size(context) AS size
  FROM event_outbox WHERE batch_id IS NULL AND refusal IS NULL
    AND occurred_at >= (SELECT occurred_at FROM oldest) AND occurred_at < (SELECT ends_at FROM oldest)
  ORDER BY occurred_at, id LIMIT :most FOR UPDATE SKIP LOCKED
), weighed AS (
  SELECT id, sum(size) OVER in_order AS bytes, row_number() OVER in_order AS place
  FROM chosen WINDOW in_order AS (ORDER BY occurred_at, id)
), frozen AS (
  UPDATE event_outbox SET batch_id = :batch_id
  WHERE id = ANY(ARRAY(SELECT id FROM weighed WHERE bytes <= :most_bytes OR place = 1))
  RETURNING occurred_at
), made AS (
  INSERT INTO event_batches (id, events, oldest_at, attempts, sent_at, due_at)
  SELECT :batch_id, count(*), min(occurred_at), 1, clock_timestamp(), clock_timestamp() + :lease
  FROM frozen HAVING count(*) > 0 AND set_config('synchronous_commit', 'on', true) = 'on' RETURNING events
)
SELECT events < :most AND events = (SELECT count(*) FROM chosen) AS is_last FROM made
""")


SHIPPED = {"shipped_at": clock.now(), "sent_at": None, "last_error": None}


@dataclass(frozen=True)
class Batch:
    """A batch that is ours to send until its lease ends; `attempts` counts this one."""

    id: UUID
    attempts: int
    ours_until_s: float
    """By `time.monotonic()`."""
    is_last: bool = False
    """Whether it was made just now, of all that waited."""
    unsure_at: datetime | None = None


def take(most: int, lease_s: float, *, new_first: bool = False) -> Batch | None:
    """The batch that has been due for longest, or else a new one of what waits; with `new_first` the other
    way round. None if there is nothing.

    That it is taken is on the disk: forgotten, its events would go again under another token.
    """
    if new_first:
        taken = _freeze(most, lease_s) or _take_due(lease_s)
    else:
        taken = _take_due(lease_s) or _freeze(most, lease_s)
    db.session.commit()
    return taken


def renew(batch: Batch, lease_s: float) -> bool:
    """Keep it for longer. False if its lease has ended and another one has it now."""
    is_ours = execute_count(_ours(batch).values(due_at=clock.now() + timedelta(seconds=lease_s)))
    db.session.commit()
    return bool(is_ours)


def mark_shipped(batch: Batch) -> bool:
    """All of it is in ClickHouse, whoever has sent it. False if somebody has noted that before."""
    is_open = (EventBatch.id == batch.id, EventBatch.shipped_at.is_(None))
    is_news = execute_count(update(EventBatch).where(*is_open).values(SHIPPED))
    db.session.commit()
    return bool(is_news)


def send_anew(batch: Batch, event_ids: Collection[UUID]) -> bool:
    """These are not in ClickHouse though their token is taken: they get another. The others are there.

    False if its lease has ended and another one has it now.
    """
    if not execute_count(_ours(batch).values(SHIPPED)):
        db.session.rollback()
        return False
    _make(event_ids)
    db.session.commit()
    return True


def postpone(batch: Batch, seconds: float, error: str, *, is_unsure: bool) -> None:
    """The same batch goes again, under the same token. `is_unsure`: it may still be under way."""
    values = {"due_at": clock.now() + timedelta(seconds=seconds), "sent_at": None, "last_error": error}
    if is_unsure:
        values["unsure_at"] = clock.now()
    db.session.execute(_ours(batch).values(values))
    db.session.commit()


def take_apart(batch: Batch, error: str) -> None:
    """It was refused, so that nothing of it is there: two halves go on, or the one event is set aside."""
    if not execute_count(_ours(batch).values(sent_at=None)):
        db.session.rollback()  # its lease has ended: another one has it now
        return
    ids = db.session.scalars(
        select(OutboxEvent.id)
        .where(OutboxEvent.batch_id == batch.id)
        .order_by(OutboxEvent.occurred_at, OutboxEvent.id)
    ).all()
    middle = len(ids) // 2
    if middle:
        _make(ids[:middle])
        _make(ids[middle:])
    else:
        refused = update(OutboxEvent).where(OutboxEvent.batch_id == batch.id)
        db.session.execute(refused.values(refusal=error, batch_id=None))
    db.session.execute(delete(EventBatch).where(EventBatch.id == batch.id))
    db.session.commit()


def _ours(batch: Batch) -> Update:
    """The batch, if nobody has taken it since."""
    return update(EventBatch).where(
        EventBatch.id == batch.id, EventBatch.attempts == batch.attempts, EventBatch.shipped_at.is_(None)
    )


def among(event_ids: Collection[UUID]) -> ColumnElement[bool]:
    """One parameter for all ids: a statement may not have one for each of so many."""
    return OutboxEvent.id == any_(literal(list(event_ids), ARRAY(Uuid)))


def _make(event_ids: Collection[UUID]) -> None:
    batch_id = uuid7()
    db.session.execute(update(OutboxEvent).where(among(event_ids)).values(batch_id=batch_id))
    oldest = select(func.min(OutboxEvent.occurred_at)).where(OutboxEvent.batch_id == batch_id)
    made = EventBatch(id=batch_id, events=len(event_ids), oldest_at=oldest.scalar_subquery(), attempts=0)
    db.session.add(made)
    db.session.flush()


def _take_due(lease_s: float) -> Batch | None:
    until_s = time.monotonic() + lease_s
    due = (
        select(EventBatch.id)
        .where(EventBatch.shipped_at.is_(None), EventBatch.due_at <= clock.of_statement())
        .order_by(EventBatch.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.session.execute(
        update(EventBatch)
        .where(EventBatch.id == due.scalar_subquery(), waiting_for_the_disk())
        .values(
            attempts=EventBatch.attempts + 1,
            due_at=clock.now() + timedelta(seconds=lease_s),
            sent_at=clock.now(),
            unsure_at=_unsure_at(),
        )
        .returning(EventBatch.id, EventBatch.attempts, EventBatch.unsure_at)
    ).first()
    return Batch(row.id, row.attempts, until_s, unsure_at=row.unsure_at) if row else None


def _unsure_at() -> ColumnElement[datetime]:
    """Whoever had it before has died or is late: what it sent may still be under way."""
    return case((EventBatch.sent_at.is_not(None), clock.now()), else_=EventBatch.unsure_at)


def _freeze(most: int, lease_s: float) -> Batch | None:
    batch_id, until_s = uuid7(), time.monotonic() + lease_s
    bounds = {"most": most, "most_bytes": settings.eventlog_batch_bytes}
    values = {"batch_id": batch_id, "lease": timedelta(seconds=lease_s), **bounds}
    frozen = db.session.execute(FREEZE, values).first()
    return Batch(batch_id, 1, until_s, is_last=frozen.is_last) if frozen else None
