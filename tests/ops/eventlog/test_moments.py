"""Moments as they are given to a command."""

from datetime import UTC, datetime, timedelta

import click
import pytest

from pingpong.ops.eventlog.moments import Moment


def read(text: str) -> datetime:
    return Moment().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T14:30", datetime(2026, 11, 1, 14, 30, tzinfo=UTC)),
        ("2026-11-01 14:30:05.25Z", datetime(2026, 11, 1, 14, 30, 5, 250_000, tzinfo=UTC)),
        ("2026-11-01T14:30+02:00", datetime(2026, 11, 1, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_date_or_a_time_is_of_utc_unless_it_says_otherwise(text, moment):
    assert read(text) == moment


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
    ],
)
def test_or_it_is_so_long_ago(app, text, ago):
    assert abs(datetime.now(UTC) - ago - read(text)) < timedelta(seconds=20)


@pytest.mark.parametrize("text", ["", "yesterday", "2w", "-2h", "2026-13-01", "999999999d"])
def test_anything_else_is_refused(app, text):
    with pytest.raises(click.BadParameter, match="neither like 2026-11-01"):
        read(text)
