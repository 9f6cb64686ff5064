"""Shipping one batch: taken, sent under its token, marked. After a crash, the same batch goes again."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

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
from pingpong.metrics.counters import EVENT_INSERTS, EVENTS_SHIPPED

log = structlog.get_logger(__name__)

SENT_TWICE = 2
"""ClickHouse's client sends an insert once more, under the same token, if its connection was reset."""
MARGIN_S = 30
"""What there may be around an insert: connecting, reading the batch, marking it."""
SETTLED_AFTER = 3
"""Time-outs after which nothing is under way any more: ClickHouse itself ends what takes longer than one."""

# Written by Postgres as it goes out: no event becomes a Python object on its way. The order does not matter,
# as ClickHouse sorts what it is sent.
ROWS = text("""
SELECT json_build_object(
  'id', id, 'event_type', event_type, 'version', version, 'context', context::text,
  'environment', environment, 'request_id', coalesce(request_id, ''), 'actor_id', actor_id,
  'occurred_at', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
)::text FROM event_outbox WHERE batch_id = :batch_id
""")


class LeaseLost(Exception):
    """Reading the batch, or looking for it, took so long that another one has it now."""


@dataclass(frozen=True)
class Shipped:
    """What came of a batch: how many of its events are in ClickHouse now."""

    events: int
    has_more_behind: bool = True
    """Whether it is worth looking for the next one at once."""
    has_failed: bool = False
    """Whether ClickHouse gave no answer that says what became of it."""


def ship_once(target: Target, *, new_first: bool = False) -> Shipped | None:
    """Ship a batch: one that is due, or a new one, which `new_first` prefers. None if there is nothing."""
    batch = batches.take(settings.eventlog_batch, _insert_s() + MARGIN_S, new_first=new_first)
    return _ship(target, batch) if batch else None


def _ship(target: Target, batch: Batch) -> Shipped:
    rows = db.session.scalars(ROWS, {"batch_id": batch.id}).all()
    release()  # no connection is held while ClickHouse takes its time
    try:
        missing = _deliver(target, batch, rows)
    except LeaseLost:
        log.info("batch_was_taken_over", batch_id=str(batch.id))
        return Shipped(0)
    except Refused as refusal:
        return _refused(target, batch, len(rows), str(refusal))
    except Unsure as error:
        _postpone(batch, str(error), is_unsure=True)
        return Shipped(0, has_failed=True)
    if missing:
        return _spent(batch, len(rows), missing)
    EVENT_INSERTS.add(outcome="shipped")
    if batches.mark_shipped(batch):
        EVENTS_SHIPPED.add(len(rows))
    log.info("events_shipped", batch_id=str(batch.id), events=len(rows), attempts=batch.attempts)
    return Shipped(len(rows), has_more_behind=not batch.is_last)


def _deliver(target: Target, batch: Batch, rows: Sequence[str]) -> set[UUID]:
    """Send it; returns what is not there even so.

    Its token makes it safe to send a batch again, but not for ever: others' inserts push the token out of
    ClickHouse's window. Nor does a token that is taken prove that the events are there: ClickHouse writes it
    down first, and may be killed before the rest. So what may have been sent before is looked for.
    """
    if not batch.unsure_at:
        _insert(target, batch, rows)
        return set()
    missing = _missing(target, batch)
    if len(missing) < len(rows):
        return missing
    _insert(target, batch, rows)
    return _missing(target, batch)


def _insert(target: Target, batch: Batch, rows: Sequence[str]) -> None:
    is_short = time.monotonic() + _insert_s() > batch.ours_until_s
    if is_short and not batches.renew(batch, _insert_s() + MARGIN_S):
        raise LeaseLost
    if rows:
        target.insert(batch.id, "\n".join(rows).encode())


def _insert_s() -> float:
    return float(SENT_TWICE * settings.clickhouse_timeout_s)


def _missing(target: Target, batch: Batch) -> set[UUID]:
    held = contents(batch.id)
    return set(held.ids) - target.present(held)


def _spent(batch: Batch, events: int, missing: set[UUID]) -> Shipped:
    """ClickHouse takes nothing under its token (any more), though not all of it is there."""
    if not _is_settled(batch):
        _postpone(batch, "some of it is not there (yet)", is_unsure=False)
        return Shipped(0)
    if not batches.send_anew(batch, missing):
        return Shipped(0)
    log.warning("events_sent_anew", batch_id=str(batch.id), events=len(missing))
    EVENTS_SHIPPED.add(events - len(missing))
    return Shipped(events - len(missing))


def _refused(target: Target, batch: Batch, events: int, error: str) -> Shipped:
    try:
        reason = _why_not_sure(target, batch)
    except Unsure as unsure:
        reason = str(unsure)
    if reason:
        _postpone(batch, f"{error}; {reason}", is_unsure=False)
    else:
        EVENT_INSERTS.add(outcome="refused")
        log.error("events_refused", batch_id=str(batch.id), events=events, error=error)
        batches.take_apart(batch, error)
    return Shipped(0)


def _why_not_sure(target: Target, batch: Batch) -> str | None:
    """What speaks against taking a refused batch apart: its events would get other tokens."""
    if not _is_settled(batch):
        return "an earlier attempt may still be under way"
    return "some of it is there all the same" if target.present(contents(batch.id)) else None


def _is_settled(batch: Batch) -> bool:
    """Whether all earlier attempts have ended, in ClickHouse too."""
    settled_at = clock.now() - timedelta(seconds=settings.clickhouse_timeout_s * SETTLED_AFTER)
    return batch.unsure_at is None or bool(db.session.scalar(select(settled_at > batch.unsure_at)))


def _postpone(batch: Batch, error: str, *, is_unsure: bool) -> None:
    base_s, cap_s = settings.eventlog_backoff_base_s, settings.eventlog_backoff_cap_s
    wait_s = full_jitter_s(base_s, cap_s, batch.attempts)
    EVENT_INSERTS.add(outcome="unsure")
    log.warning("events_wait", batch_id=str(batch.id), attempts=batch.attempts, wait_s=wait_s, error=error)
    batches.postpone(batch, wait_s, error, is_unsure=is_unsure)
