"""Shipping from the shell: what waits when it is asked for, and no more, however much happens meanwhile."""

from datetime import datetime

from sqlalchemy import DateTime, exists, func, literal, or_, select

from pingpong import clock
from pingpong.eventlog.clickhouse.target import Target
from pingpong.eventlog.models import WAITING, EventBatch, OutboxEvent
from pingpong.eventlog.ship import ship_once
from pingpong.extensions import db, release


def ship_what_waits(target: Target) -> int:
    """How many events were shipped. The first batch without an answer ends it."""
    newest_at = db.session.scalar(select(func.max(OutboxEvent.occurred_at)).where(*WAITING))
    shipped = 0
    while _is_left(newest_at) and (one := ship_once(target)):
        shipped += one.events
        if one.has_failed:
            break
    return shipped


def _is_left(newest_at: datetime | None) -> bool:
    """Not whether the last batch was full: it also ends where a month does."""
    newest = literal(newest_at, DateTime(timezone=True))
    without_batch = exists().where(*WAITING, OutboxEvent.occurred_at <= newest)
    due = exists().where(EventBatch.shipped_at.is_(None), EventBatch.due_at <= clock.of_statement())
    is_left = db.session.scalar(select(or_(without_batch, due)))
    release()
    return bool(is_left)
