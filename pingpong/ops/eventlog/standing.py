"""How shipping stands."""

from pydantic import BaseModel
from sqlalchemy import func, select

from pingpong import clock
from pingpong.eventlog.lag import lag
from pingpong.eventlog.models import EventBatch
from pingpong.extensions import db, release, settings
from pingpong.openapi.models import UtcTime

RATE_WITHIN_S = 300


class Standing(BaseModel):
    """What waits, and how fast it goes. Without `CLICKHOUSE_URL` nothing does: events stay in Postgres."""

    is_configured: bool
    waiting: int = 0
    oldest_s: float = 0.0
    refused: int = 0
    last_error: str | None = None
    last_shipped_at: UtcTime | None = None
    last_shipped_s: float | None = None
    shipped_per_s: float = 0.0
    """Within the last five minutes."""


def standing() -> Standing:
    """Look into the outbox."""
    if not settings.clickhouse_url:
        return Standing(is_configured=False)
    now, shipped_at = clock.of_statement(), EventBatch.shipped_at
    last = select(func.max(shipped_at).label("at")).where(shipped_at.is_not(None)).subquery()
    lately = select(func.coalesce(func.sum(EventBatch.events), 0)).where(
        shipped_at > now - func.make_interval(0, 0, 0, 0, 0, 0, RATE_WITHIN_S)
    )
    last_at, last_s, shipped = db.session.execute(
        select(last.c.at, clock.epoch_s(now) - clock.epoch_s(last.c.at), lately.scalar_subquery())
    ).one()
    release()
    behind = lag()
    return Standing(
        is_configured=True,
        waiting=behind.waiting,
        oldest_s=behind.oldest_s,
        refused=behind.refused,
        last_error=behind.last_error,
        last_shipped_at=last_at,
        last_shipped_s=last_s,
        shipped_per_s=shipped / RATE_WITHIN_S,
    )
