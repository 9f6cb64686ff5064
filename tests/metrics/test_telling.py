"""Telling Redis what was counted: all of it, and each of it once."""

import json

import pytest
from redis import Redis, exceptions

from pingpong.metrics import telling
from pingpong.metrics.metric import Gauge
from pingpong.metrics.tally import Tally
from pingpong.metrics.telling import PROCESSES_KEY, TOTALS_KEY, Teller

ROOM = Gauge("room", "Room.", ("of",))
NAME = json.dumps(["meals_total", "ada"])


@pytest.fixture
def tally(monkeypatch) -> Tally:
    return one_process(monkeypatch)


def one_process(monkeypatch) -> Tally:
    tally = Tally()
    monkeypatch.setattr(telling, "tally", tally)
    return tally


def total(redis: Redis) -> float:
    return float(redis.hget(TOTALS_KEY, NAME) or 0)


def test_what_all_processes_tell_adds_up(redis, monkeypatch):
    for amount in (1, 2.5):
        one_process(monkeypatch).add(NAME, amount)
        Teller(redis, "worker").run_once()

    assert total(redis) == 3.5
    assert redis.hlen(PROCESSES_KEY) == 2


def test_a_batch_whose_confirmation_was_lost_is_added_once(redis, tally, monkeypatch):
    tally.add(NAME, 1)
    with monkeypatch.context() as patched:
        patched.setattr(tally, "confirm", lambda batch: None)
        Teller(redis, "worker").run_once()
    tally.add(NAME, 10)

    Teller(redis, "worker").run_once()
    assert total(redis) == 1

    Teller(redis, "worker").run_once()
    assert total(redis) == 11


def test_what_could_not_be_told_is_told_when_redis_is_back(redis, tally):
    tally.add(NAME, 1)
    Teller(Redis(port=1), "worker").try_once()
    tally.add(NAME, 2)

    Teller(redis, "worker").try_once()
    Teller(redis, "worker").try_once()

    assert total(redis) == 3


def test_that_redis_is_away_is_logged_once(tally, caplog):
    teller = Teller(Redis(port=1), "worker")

    for _ in range(3):
        teller.try_once()

    assert len(caplog.records) <= 1
    with pytest.raises(exceptions.ConnectionError):
        teller.run_once()


def test_after_redis_has_forgotten_everything_counting_begins_anew(redis, tally):
    tally.add(NAME, 7)
    Teller(redis, "worker").run_once()
    redis.flushdb()
    tally.add(NAME, 1)

    Teller(redis, "worker").run_once()

    assert total(redis) == 1


def test_a_process_says_what_it_is_and_how_it_stands(redis, tally):
    Teller(redis, "worker", lambda: [ROOM.at(3, of="ada")]).run_once()

    [said] = redis.hvals(PROCESSES_KEY)
    levels = json.loads(said.split(b" ", 2)[2])
    assert levels == [["pingpong_processes", ["worker"], 1], ["room", ["ada"], 3]]


def test_a_process_that_ends_leaves_its_counts_and_nothing_else(redis, tally):
    tally.add(NAME, 1)

    Teller(redis, "horse").tell_and_end()

    assert total(redis) == 1
    assert not redis.exists(PROCESSES_KEY)


def test_a_process_that_leaves_tells_what_came_after_an_unconfirmed_batch_too(redis, tally, monkeypatch):
    tally.add(NAME, 1)
    with monkeypatch.context() as patched:
        patched.setattr(tally, "confirm", lambda batch: None)
        Teller(redis, "worker").run_once()
    tally.add(NAME, 10)

    Teller(redis, "worker").tell_all()

    assert total(redis) == 11


def test_what_is_told_expires_when_nobody_tells_any_more(redis, tally):
    tally.add(NAME, 1)
    Teller(redis, "worker").run_once()

    assert redis.ttl(TOTALS_KEY) > 0
    assert redis.ttl(PROCESSES_KEY) > 0
