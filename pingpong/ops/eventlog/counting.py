"""How much happens: events by type and hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from pingpong import clock
from pingpong.eventlog.models import OutboxEvent
from pingpong.extensions import db, release

COUNTED = 1_000_000
"""Of more events than these the oldest are not counted, to bound what a look costs."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Counts:
    """How many events of each type each hour has, from the oldest hour to the one that is under way.

    Not `is_whole`: there were too many to count all; those of the first hours are missing.
    """

    hours: list[datetime]
    by_type: Mapping[str, Mapping[datetime, int]]
    is_whole: bool


def counts(hours: int) -> Counts:
    """The counts of so many hours."""
    this_hour = select(func.date_trunc("hour", clock.of_statement(), "UTC"))
    # In the connection's zone, whose clocks may change in between, hours would be those on the wall.
    current = db.session.scalars(this_hour).one().astimezone(UTC)
    first = current - (hours - 1) * HOUR
    newest = (
        select(OutboxEvent.event_type, OutboxEvent.occurred_at)
        .where(OutboxEvent.occurred_at >= first)
        .order_by(OutboxEvent.occurred_at.desc(), OutboxEvent.id.desc())
        .limit(COUNTED)
        .subquery()
    )
    hour = func.date_bin(HOUR, newest.c.occurred_at, first)  # a quarter of what date_trunc costs
    rows = db.session.execute(
        select(newest.c.event_type, hour, func.count()).group_by(newest.c.event_type, hour)
    ).all()
    release()
    by_type: dict[str, dict[datetime, int]] = {}
    for event_type, starts_at, count in rows:
        by_type.setdefault(event_type, {})[starts_at.astimezone(UTC)] = count
    return Counts(
        [first + number * HOUR for number in range(hours)], by_type, sum(row[2] for row in rows) < COUNTED
    )
