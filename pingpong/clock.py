"""The database's time, the only clock that counts.

A host's own clock may be wrong; moments are therefore written by Postgres and durations measured there. What
happens within one process is measured with `time.monotonic()`.
"""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Float, cast, func
from sqlalchemy.orm import InstrumentedAttribute


def now() -> ColumnElement[datetime]:
    """The moment at which Postgres evaluates this, not that at which the transaction began."""
    return func.clock_timestamp()


def age_s(moment: InstrumentedAttribute[datetime]) -> ColumnElement[float]:
    """Seconds since the moment in a column, by the database's clock."""
    return cast(func.extract("epoch", now() - moment), Float)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a `Z`: the form of every time on the wire."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
