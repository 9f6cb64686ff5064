"""While a part of the platform is away, one report in a while says so."""

import logging

import pytest
from redis import exceptions
from sqlalchemy.exc import OperationalError

from pingpong.telemetry import outages
from pingpong.telemetry.outages import ONCE_IN_S, PlatformFaults


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""

    class Clock:
        now_s = 5.0

        def monotonic(self) -> float:
            return self.now_s

    clock = Clock()
    monkeypatch.setattr(outages, "time", clock)
    return clock


def raised(error: Exception) -> dict:
    return {"exc_info": (type(error), error, None)}


def logged(event: str) -> dict:
    return {"log_record": logging.LogRecord("x", logging.ERROR, "x.py", 1, {"event": event}, (), None)}


AWAY = [
    raised(OperationalError("SELECT", {}, Exception())),
    raised(exceptions.BusyLoadingError()),
    logged("database_unavailable"),
]
FAULTS = [raised(ValueError()), logged("task_given_up"), {}]


def test_each_kind_of_outage_is_told_once_in_a_while(clock):
    faults = PlatformFaults()

    assert [[faults.may_be_told(hint) for hint in AWAY] for _ in "12"] == [[True] * 3, [False] * 3]
    clock.now_s += ONCE_IN_S
    assert [faults.may_be_told(hint) for hint in AWAY] == [True] * 3


def test_what_is_the_same_kind_is_told_once_though_it_is_another_error(clock):
    faults = PlatformFaults()

    assert faults.may_be_told(raised(exceptions.ConnectionError()))
    assert not faults.may_be_told(raised(exceptions.BusyLoadingError()))


def test_faults_of_the_program_are_told_each_time(clock):
    faults = PlatformFaults()

    assert all(faults.may_be_told(hint) for hint in FAULTS * 3)
