"""Leave to send: waited for, noted, and never used late."""

import time
from datetime import datetime
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import update

from pingpong.dsp.breaker import CircuitOpen
from pingpong.dsp.leave import Leave, NotNow
from pingpong.dsp.ledger import ClaimLost, lately, lease_s, note, sent_within
from pingpong.dsp.limiter import WINDOW_KEY, Limiter, RateLimit
from pingpong.dsp.models import Entity
from pingpong.dsp.picking import Picked
from pingpong.dsp.states import EntityStatus
from pingpong.extensions import db
from tests.dsp.conftest import load
from tests.dsp.past import OUTAGE, audited, claimed, knows_the_window, seconds_until

AMPLE = RateLimit(1000, 60)
FEW = RateLimit(3, 60)


def leave_for(one: Picked, redis: Redis, rate: RateLimit = AMPLE) -> Leave:
    return Leave(Limiter(redis, rate), one.entity_id, one.claim)


def test_leave_that_is_used_is_noted(redis: Redis, mine: Entity):
    knows_the_window()
    leave = leave_for(claimed(mine), redis)

    leave.await_turn()
    assert (leave.used_at, load(mine.id).requested_at, redis.zcard(WINDOW_KEY)) == (None, None, 0)
    leave.use()

    assert leave.used_at == load(mine.id).requested_at is not None
    assert redis.zcard(WINDOW_KEY) == 1


def test_a_claim_is_held_until_the_answer_must_be_there(redis: Redis, mine: Entity):
    knows_the_window()
    leave = leave_for(claimed(mine, lasts_s=1), redis)

    leave.use()

    assert seconds_until(mine, "claimed_until") == pytest.approx(lease_s(), abs=1)


def test_leave_that_is_used_late_is_asked_for_again_and_counts_once(
    redis: Redis, mine: Entity, monkeypatch: pytest.MonkeyPatch
):
    knows_the_window()
    rate = RateLimit(100, 8)
    leave = leave_for(claimed(mine), redis, rate)
    pauses_s = [rate.leave_lasts_s * 1.5]

    def note_slowly(*args: Any) -> datetime:
        time.sleep(pauses_s.pop() if pauses_s else 0)
        return note(*args)

    monkeypatch.setattr("pingpong.dsp.leave.note", note_slowly)

    leave.use()

    assert redis.zcard(WINDOW_KEY) >= 2
    assert leave.used_at == load(mine.id).requested_at
    assert sent_within(60) == 1


def test_who_would_wait_too_long_is_told_at_once(redis: Redis, mine: Entity):
    knows_the_window()
    Limiter(redis, AMPLE).stop_for(60)
    began_at_s = time.monotonic()

    with pytest.raises(NotNow):
        leave_for(claimed(mine), redis).await_turn()

    assert time.monotonic() - began_at_s < 1


def test_a_turn_that_comes_soon_is_waited_for(redis: Redis, mine: Entity):
    knows_the_window()
    Limiter(redis, AMPLE).stop_for(0.2)
    began_at_s = time.monotonic()

    leave_for(claimed(mine), redis).await_turn()

    assert time.monotonic() - began_at_s >= 0.2


def test_without_redis_there_is_no_leave(tmp_path, mine: Entity):
    gone = Redis.from_url(f"unix://{tmp_path}/nobody")

    with pytest.raises(RedisError):
        leave_for(claimed(mine), gone).use()

    assert load(mine.id).requested_at is None


def test_a_lost_window_is_put_back_from_the_audit_and_from_what_is_under_way(
    redis: Redis, mine: Entity, other: Entity
):
    audited(other, 59, 30, 10)
    audited(other, 100)
    claimed(other, requested_ago_s=5)
    began_at_s = time.monotonic()

    leave_for(claimed(mine), redis).use()

    assert time.monotonic() - began_at_s >= AMPLE.leave_lasts_s
    scores = [score for _, score in redis.zrange(WINDOW_KEY, 0, -1, withscores=True)]
    assert [scores[-1] / 1000 - score / 1000 for score in scores] == pytest.approx([59, 30, 10, 5, 0], abs=2)


def test_what_is_noted_while_a_lost_window_is_waited_for_is_put_back_too(
    redis: Redis, mine: Entity, other: Entity
):
    """Leave that was given before the loss may be used until then."""
    limiter = Limiter(redis, AMPLE)
    known = lately(AMPLE)
    wait_s = limiter.put_back(known.ages_s, known.stopped_s)

    claimed(other, requested_ago_s=0)
    time.sleep(wait_s)
    leave_for(claimed(mine), redis).use()

    assert redis.zcard(WINDOW_KEY) == 2


def test_a_full_window_that_was_lost_is_still_full(redis: Redis, mine: Entity, other: Entity):
    audited(other, *[1.0] * 40)

    with pytest.raises(NotNow):
        leave_for(claimed(mine), redis, RateLimit(40, 60)).use()


def test_silence_that_was_asked_for_is_not_forgotten_with_the_window(
    redis: Redis, mine: Entity, other: Entity
):
    audited(other, 5, http_status=429, retry_after_s=100.0)

    with pytest.raises(NotNow):
        leave_for(claimed(mine), redis).await_turn()

    assert 90 < Limiter(redis, AMPLE).peek() < 96


def test_a_window_of_which_a_part_was_lost_is_noticed_and_put_back(redis: Redis, mine: Entity, other: Entity):
    """A Redis that came back with an old copy does not know what it lacks."""
    knows_the_window()
    leave = leave_for(claimed(mine), redis, FEW)
    audited(other, 30, 20, 10)

    with pytest.raises(NotNow):
        leave.use()

    assert redis.zcard(WINDOW_KEY) == FEW.limit
    assert 25 < Limiter(redis, FEW).peek() < 32
    assert load(mine.id).requested_at is None


def test_silence_that_only_the_audit_knows_of_is_noticed(redis: Redis, mine: Entity, other: Entity):
    knows_the_window()
    audited(other, 10, http_status=429, retry_after_s=60.0)

    with pytest.raises(NotNow):
        leave_for(claimed(mine), redis).use()

    assert load(mine.id).requested_at is None
    assert Limiter(redis, AMPLE).peek() == pytest.approx(50, abs=2)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"claim": None}, id="given-back"),
        pytest.param({"claimed_until": "2026-01-01T00:00:00Z"}, id="lapsed"),
        pytest.param({"status": EntityStatus.CANCELLED}, id="cancelled"),
        pytest.param({"requested_at": "2026-01-01T00:00:00Z"}, id="sent-by-another-run-of-the-job"),
    ],
)
def test_leave_is_of_no_use_once_the_claim_is_gone(redis: Redis, mine: Entity, change: dict[str, object]):
    knows_the_window()
    leave = leave_for(claimed(mine), redis)
    db.session.execute(update(Entity).where(Entity.id == mine.id).values(change))
    db.session.commit()
    before = load(mine.id).requested_at

    with pytest.raises(ClaimLost):
        leave.use()

    assert load(mine.id).requested_at == before


def test_leave_is_of_no_use_once_the_circuit_is_open(redis: Redis, mine: Entity, other: Entity):
    knows_the_window()
    leave = leave_for(claimed(mine), redis)
    audited(other, 1, 1, 1, 1, 1, **OUTAGE)

    with pytest.raises(CircuitOpen):
        leave.use()

    assert load(mine.id).requested_at is None
