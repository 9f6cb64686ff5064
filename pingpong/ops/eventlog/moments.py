"""Moments as they are given to a command: `2026-11-01`, `2026-11-01T14:30`, or `2h` for two hours ago."""

import re
from datetime import UTC, datetime, timedelta

import click
from sqlalchemy import select

from pingpong import clock
from pingpong.extensions import db, release

AGO = re.compile(r"(\d{1,9})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Moment(click.ParamType[datetime]):
    """A date or a time by ISO 8601, in UTC unless it says otherwise, or how long ago it was."""

    name = "moment"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it. Ends the command if it cannot be read."""
        if isinstance(value, datetime):
            return value
        try:
            ago = AGO.fullmatch(value)
            return _before_now(timedelta(**{UNITS[ago[2]]: int(ago[1])})) if ago else _as_utc(value)
        except (ValueError, OverflowError):
            self.fail(
                f"{value} is neither like 2026-11-01 or 2026-11-01T14:30 nor like 30m, 2h or 7d", param, ctx
            )


def _before_now(ago: timedelta) -> datetime:
    now = db.session.scalars(select(clock.now())).one()
    release()
    return now.astimezone(UTC) - ago  # a day has 24 hours, whatever the connection's zone is


def _as_utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
