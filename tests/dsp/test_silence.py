"""When nothing is sent: the third party asks for silence or seems to be away, or Redis is away."""

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError

from pingpong.dsp.ledger import lately
from pingpong.dsp.limiter import Limiter, RateLimit
from pingpong.dsp.models import Entity
from pingpong.dsp.picking import pick
from pingpong.dsp.sending import send
from pingpong.extensions import settings
from tests.dsp.conftest import load
from tests.dsp.party import Party, Reply
from tests.dsp.past import OUTAGE, audit_of, audited, is_free, knows_the_window, seconds_until, send_next


@pytest.fixture
def mine(dsp: Flask, submit) -> Entity:
    """It is due, and Redis knows that nothing was sent lately."""
    knows_the_window()
    return submit(mine=[])[0]


@pytest.mark.parametrize("status", [429, 500, 503, 403])
def test_who_asks_for_silence_gets_it_from_all(mine: Entity, party: Party, redis: Redis, status: int):
    party.answers(Reply(status, b"", {"Retry-After": "30"}))

    send_next()

    assert Limiter(redis, RateLimit.of(settings)).peek() == pytest.approx(30, abs=1)
    assert audit_of(mine)[0].retry_after_s == 30
    assert lately(RateLimit.of(settings)).stopped_s == pytest.approx(30, abs=1)


def test_it_is_tried_again_when_the_silence_is_over(mine: Entity, party: Party):
    party.answers(Reply(429, b"", {"Retry-After": "30"}))

    send_next()

    assert audit_of(mine)[0].backoff_secs == 30
    assert seconds_until(mine) == pytest.approx(30, abs=1)


def test_silence_without_an_end_is_not_believed(mine: Entity, party: Party):
    party.answers(Reply(503, b"", {"Retry-After": "9" * 30}))

    send_next()

    assert audit_of(mine)[0].retry_after_s == settings.dsp_retry_after_cap_s
    assert seconds_until(mine) <= settings.dsp_retry_after_cap_s


def test_a_good_answer_silences_nobody(mine: Entity, party: Party, redis: Redis):
    party.answers(Reply(202, {"id": "r-1"}, {"Retry-After": "30"}))

    send_next()

    assert Limiter(redis, RateLimit.of(settings)).peek() < 1


def test_while_all_are_to_be_silent_a_claim_is_given_back(mine: Entity, party: Party, redis: Redis):
    [one] = pick()
    Limiter(redis, RateLimit.of(settings)).stop_for(60)

    send(one)

    assert is_free(mine)
    assert (party.asked, audit_of(mine), load(mine.id).attempts) == ([], [], 0)


def test_while_the_circuit_is_open_a_claim_is_given_back(mine: Entity, party: Party, submit):
    [one] = pick()
    audited(submit(other=[])[0], *[1.0] * 5, **OUTAGE)

    send(one)

    assert is_free(mine)
    assert party.asked == []


def test_a_probe_that_is_answered_closes_the_circuit(mine: Entity, party: Party, submit):
    other = submit(other=[])[0]
    audited(other, *[31.0] * 5, **OUTAGE)

    send_next()
    assert len(party.asked) == 1
    send_next()

    assert len(party.asked) == 3


def test_while_redis_is_away_nothing_is_sent(mine: Entity, dsp: Flask, party: Party, tmp_path, monkeypatch):
    [one] = pick()
    monkeypatch.setitem(dsp.extensions, "redis", Redis.from_url(f"unix://{tmp_path}/nobody"))

    with pytest.raises(RedisError):
        send(one)

    assert party.asked == []
    assert is_free(mine)
