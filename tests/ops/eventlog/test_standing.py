"""How shipping stands."""

from datetime import UTC, datetime, timedelta

import pytest

from pingpong.ops.eventlog.standing import Standing, standing
from tests.conftest import changed
from tests.ops.eventlog.looking import batched, happened, series


@pytest.fixture
def shipping_app(app):
    with changed(app, clickhouse_url="clickhouse://127.0.0.1:9/default"):
        yield app


def test_the_last_batch_and_the_rate_of_the_last_minutes(shipping_app):
    batched(*series(90), shipped_ago_s=20)
    batched(*series(60), shipped_ago_s=200)
    batched(*series(30), shipped_ago_s=400)

    stands = standing()

    assert stands.shipped_per_s == 150 / 300
    assert 20 <= stands.last_shipped_s < 40
    assert abs(stands.last_shipped_at - datetime.now(UTC) + timedelta(seconds=20)) < timedelta(seconds=20)


def test_what_waits_in_a_batch_or_in_none(shipping_app):
    batched(happened(), error="TimeoutError: no answer")
    happened()

    stands = standing()

    assert (stands.waiting, stands.refused, stands.last_error) == (2, 0, "TimeoutError: no answer")
    assert stands.last_shipped_at is stands.last_shipped_s is None


def test_without_clickhouse_nothing_waits(app):
    happened()

    with changed(app, clickhouse_url=""):
        assert standing() == Standing(is_configured=False)
