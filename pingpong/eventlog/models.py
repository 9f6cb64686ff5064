"""The outbox: events, written with the change that they tell of, and the batches they are shipped in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, SmallInteger, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from pingpong import clock
from pingpong.extensions import db


class EventBatch(db.Model):  # type: ignore[name-defined]
    """Events that are inserted into ClickHouse together, under one token. Once made, what is in it stays.

    Who ships it holds a lease; when that ends without an answer, the same batch goes again.
    """

    __tablename__ = "event_batches"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    events: Mapped[int] = mapped_column(Integer)
    oldest_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When the oldest of its events happened."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    """When it is to be sent (again); under way, when the lease ends."""
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it was sent, until the outcome is known."""
    unsure_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it last became unknown whether an attempt is still under way in ClickHouse."""
    last_error: Mapped[str | None] = mapped_column(Text)
    shipped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("event_batches_due", "due_at", postgresql_where=text("shipped_at IS NULL")),
        Index("event_batches_shipped", "shipped_at", postgresql_where=text("shipped_at IS NOT NULL")),
    )


class OutboxEvent(db.Model):  # type: ignore[name-defined]
    """Something that happened. It waits, is in a batch, or is set aside because ClickHouse refuses it."""

    __tablename__ = "event_outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    event_type: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(SmallInteger)
    context: Mapped[dict[str, Any]] = mapped_column(JSONB)
    environment: Mapped[str] = mapped_column(String(20))
    request_id: Mapped[str | None] = mapped_column(String(128))
    actor_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    batch_id: Mapped[UUID | None]
    """No foreign key: checking ten thousand would be most of a batch's cost."""
    refusal: Mapped[str | None] = mapped_column(Text)
    """Why ClickHouse cannot take it: it is set aside."""

    __table_args__ = (
        # What waits: few rows, however many were shipped.
        Index(
            "event_outbox_waiting",
            "occurred_at",
            "id",
            postgresql_where=text("batch_id IS NULL AND refusal IS NULL"),
        ),
        Index("event_outbox_refused", "occurred_at", postgresql_where=text("refusal IS NOT NULL")),
        Index("event_outbox_batch", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
        Index("event_outbox_time", "occurred_at", "id"),
        Index("event_outbox_type", "event_type", "occurred_at", "id"),
        Index(
            "event_outbox_actor",
            "actor_id",
            "occurred_at",
            "id",
            postgresql_where=text("actor_id IS NOT NULL"),
        ),
    )


WAITING = (OutboxEvent.batch_id.is_(None), OutboxEvent.refusal.is_(None))
