"""The database's time, the only clock that counts.

A host's own clock may be wrong; moments are therefore written by Postgres and durations measured there. What
happens within one process is measured with `time.monotonic()`.
"""

import math
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Float, SQLColumnExpression, cast, func

DRIFT = 0.001
"""Seconds by which two clocks may drift apart in a second. NTP allows half of it (RFC 5905)."""


def now() -> ColumnElement[datetime]:
    """The moment at which Postgres evaluates this, not that at which the transaction began."""
    return func.clock_timestamp()


def of_statement() -> ColumnElement[datetime]:
    """The moment at which the statement began. Unlike `now()`, it can be looked up in an index."""
    return func.statement_timestamp()


def epoch_s(moment: SQLColumnExpression[datetime]) -> ColumnElement[float]:
    """Seconds since 1970."""
    return cast(func.extract("epoch", moment), Float)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a `Z`: the form of every time on the wire."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class DatabaseClock:
    """The database's clock as this process can know it: perhaps a little slow, never fast.

    An answer of the database that tells the time was on its way for a while, and a commit that waited for
    its disk makes it old. Of the answers of the last seconds, the one that was quickest counts (the idea is
    that of Cristian's algorithm, 1989), less what the clocks may have drifted apart since.
    """

    def __init__(self) -> None:
        self._ahead_s = -math.inf
        self._known_at_s = 0.0

    def heard(self, database_s: float, asked_at_s: float, heard_at_s: float) -> None:
        """The database said that it was `database_s`, between two moments by `time.monotonic()`."""
        ahead_s = database_s - heard_at_s
        known_s = self._ahead_at(heard_at_s)
        was_set_back = known_s > database_s - asked_at_s
        if was_set_back or ahead_s > known_s:
            self._ahead_s, self._known_at_s = ahead_s, heard_at_s

    def to_monotonic(self, moment: datetime, at_s: float) -> float:
        """When that is by `time.monotonic()`, which is now `at_s`: rather too late than too early."""
        return moment.timestamp() - self._ahead_at(at_s)

    def _ahead_at(self, at_s: float) -> float:
        return self._ahead_s - DRIFT * (at_s - self._known_at_s)
