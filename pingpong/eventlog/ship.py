"""Shipping one batch: taken, sent under its token, marked. After a crash, the same batch goes again."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select, text

from pingpong import clock
from pingpong.backoff import full_jitter_s
from pingpong.eventlog import batches
from pingpong.eventlog.batches import Batch
from pingpong.eventlog.clickhouse.refusals import Refused, Unsure
from pingpong.eventlog.clickhouse.target import Target
from pingpong.eventlog.contents import contents
from pingpong.extensions import db, release, settings

log = structlog.get_logger(__name__)

LEASE_MARGIN_S = 30
"""What there may be around an insert: reading the batch, marking it."""
SETTLED_AFTER = 3
"""Time-outs after which nothing is under way any more: ClickHouse itself ends what takes longer than one."""

# Written by Postgres as it goes out: no event becomes a Python object on its way.
ROWS = text("""
SELECT json_build_object(
  'id', id, 'event_type', event_type, 'version', version, 'context', context::text,
  'environment', environment, 'request_id', coalesce(request_id, ''), 'actor_id', actor_id,
  'occurred_at', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
)::text FROM event_outbox WHERE batch_id = :batch_id ORDER BY occurred_at, id
""")


@dataclass(frozen=True)
class Shipped:
    """What came of a batch: how many events are in ClickHouse now, and how long to leave it in peace."""

    events: int
    wait_s: float = 0.0


def ship_once(target: Target) -> Shipped | None:
    """Ship a batch. None if there is nothing to ship."""
    batch = batches.take(settings.eventlog_batch, settings.clickhouse_timeout_s + LEASE_MARGIN_S)
    return _ship(target, batch) if batch else None


def _ship(target: Target, batch: Batch) -> Shipped:
    rows = db.session.scalars(ROWS, {"batch_id": batch.id}).all()
    release()  # no connection is held while ClickHouse takes its time
    try:
        target.insert(batch.id, "\n".join(rows).encode())
    except Refused as refusal:
        return _refused(target, batch, len(rows), str(refusal))
    except Unsure as error:
        return _postpone(batch, str(error), is_unsure=True)
    batches.mark_shipped(batch)
    log.info("events_shipped", batch_id=str(batch.id), events=len(rows), attempts=batch.attempts)
    return Shipped(len(rows))


def _refused(target: Target, batch: Batch, events: int, error: str) -> Shipped:
    try:
        reason = _why_not_sure(target, batch)
    except Unsure as unsure:
        reason = str(unsure)
    if reason:
        return _postpone(batch, f"{error}; {reason}", is_unsure=False)
    log.error("events_refused", batch_id=str(batch.id), events=events, error=error)
    batches.take_apart(batch, error)
    return Shipped(0)


def _why_not_sure(target: Target, batch: Batch) -> str | None:
    """What speaks against taking a refused batch apart: its events would get other tokens."""
    settled_at = clock.now() - timedelta(seconds=settings.clickhouse_timeout_s * SETTLED_AFTER)
    if batch.unsure_at and not db.session.scalar(select(settled_at > batch.unsure_at)):
        return "an earlier attempt may still be under way"
    return "some of it is there all the same" if target.present(contents(batch.id)) else None


def _postpone(batch: Batch, error: str, *, is_unsure: bool) -> Shipped:
    base_s, cap_s = settings.eventlog_backoff_base_s, settings.eventlog_backoff_cap_s
    wait_s = full_jitter_s(base_s, cap_s, batch.attempts)
    log.warning("events_wait", batch_id=str(batch.id), attempts=batch.attempts, wait_s=wait_s, error=error)
    batches.postpone(batch, wait_s, error, is_unsure=is_unsure)
    return Shipped(0, wait_s)
