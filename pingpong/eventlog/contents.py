"""What is in a batch, as ClickHouse can be asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select

from pingpong.eventlog.models import OutboxEvent
from pingpong.extensions import db, release

THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
THE_END = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Contents:
    """Events that happened from `oldest_at` to `newest_at`."""

    ids: Sequence[UUID]
    oldest_at: datetime
    newest_at: datetime


def contents(batch_id: UUID, since: datetime = THE_BEGINNING, until: datetime = THE_END) -> Contents:
    """The events of a batch that happened since then and before that. No connection is held afterwards."""
    happened_at = OutboxEvent.occurred_at
    ids, oldest_at, newest_at = db.session.execute(
        select(
            func.coalesce(func.array_agg(OutboxEvent.id), []), func.min(happened_at), func.max(happened_at)
        ).where(OutboxEvent.batch_id == batch_id, happened_at >= since, happened_at < until)
    ).one()
    release()
    return Contents(ids, oldest_at or since, newest_at or since)
