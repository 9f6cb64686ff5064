"""The circuit breaker, which follows from the audit."""

import pytest
from flask import Flask

from pingpong.dsp.breaker import CircuitOpen, circuit, require_closed
from pingpong.dsp.models import Entity
from pingpong.extensions import db
from tests.conftest import changed
from tests.dsp.past import OUTAGE, REFUSED, UNKNOWN, audit_of, audited, claimed

FIVE = (5.0, 4.0, 3.0, 2.0, 1.0)
"""Seconds ago."""


def is_open() -> bool:
    standing = circuit()
    db.session.commit()
    return standing.is_open


def next_probe_in_s() -> float | None:
    standing = circuit()
    db.session.commit()
    return standing.next_probe_in_s


def test_it_is_closed_when_nothing_was_ever_sent(app: Flask):
    assert not is_open()
    require_closed()


def test_five_failures_in_a_row_open_it(mine: Entity):
    audited(mine, *FIVE[:4], **OUTAGE)
    assert not is_open()

    audited(mine, FIVE[4], **OUTAGE)

    assert is_open()
    with pytest.raises(CircuitOpen):
        require_closed()


def test_failures_of_different_entities_count_together(mine: Entity, other: Entity):
    audited(mine, 5, 3, 1, **OUTAGE)
    audited(other, 4, 2, **OUTAGE)

    assert is_open()


@pytest.mark.parametrize("answer", [{"http_status": 200}, {"http_status": 404}, REFUSED])
@pytest.mark.parametrize("ago_s", [2.5, 0.0])
def test_any_answer_among_them_keeps_it_closed_and_any_after_them_closes_it(
    mine: Entity, answer: dict[str, int], ago_s: float
):
    audited(mine, *FIVE, **OUTAGE)

    audited(mine, ago_s, **answer)

    assert not is_open()
    require_closed()


def test_a_request_whose_worker_died_says_nothing(mine: Entity):
    audited(mine, *FIVE, **OUTAGE)

    audited(mine, 0, **UNKNOWN)

    assert is_open()


def test_time_alone_does_not_close_it(mine: Entity):
    audited(mine, *[ago_s + 100_000 for ago_s in FIVE], **OUTAGE)

    assert is_open()


def test_a_probe_may_leave_30_seconds_after_the_last_failure(mine: Entity):
    audited(mine, 60, 55, 50, 45, **OUTAGE)

    audited(mine, 10, **OUTAGE)
    assert next_probe_in_s() == pytest.approx(20, abs=1)


def test_then_it_is_time_for_one(mine: Entity):
    audited(mine, 60, 55, 50, 45, 31, **OUTAGE)

    assert (is_open(), next_probe_in_s()) == (True, 0)
    require_closed()


def test_while_a_probe_is_under_way_there_is_no_other(mine: Entity, other: Entity):
    audited(mine, 60, 55, 50, 45, 31, **OUTAGE)

    claimed(other, requested_ago_s=1)

    assert next_probe_in_s() == pytest.approx(29, abs=1)
    with pytest.raises(CircuitOpen):
        require_closed()


def test_a_clock_that_was_set_back_does_not_keep_the_probe_from_leaving(mine: Entity):
    audited(mine, *[-3600.0] * 5, **OUTAGE)

    assert next_probe_in_s() == pytest.approx(30, abs=1)


def test_a_probe_that_fails_leaves_it_open_for_as_long_again(mine: Entity):
    audited(mine, 60, 55, 50, 45, 31, **OUTAGE)

    audited(mine, 0, **OUTAGE)

    assert next_probe_in_s() == pytest.approx(30, abs=1)


def test_it_tells_since_when_it_is_open(mine: Entity):
    audited(mine, 500, http_status=200)
    audited(mine, *FIVE, **OUTAGE)

    opened_at = circuit().opened_at

    assert opened_at == audit_of(mine)[1].at


def test_the_settings_say_how_many_and_how_often(app: Flask, mine: Entity):
    audited(mine, 2, 1, **OUTAGE)

    with changed(app, dsp_breaker_failures=2, dsp_probe_every_s=100.0):
        assert next_probe_in_s() == pytest.approx(99, abs=1)
