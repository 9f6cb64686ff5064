"""One request for one entity, with a third party that answers as the test says."""

import threading

import pytest
from flask import Flask
from redis import Redis

from pingpong.dsp.control import cancel
from pingpong.dsp.limiter import WINDOW_KEY
from pingpong.dsp.models import Entity
from pingpong.dsp.picking import Picked, pick
from pingpong.dsp.sending import send
from pingpong.dsp.states import Action, EntityStatus, Failure
from tests.conftest import changed
from tests.dsp.conftest import load
from tests.dsp.party import Asked, Party, Reply
from tests.dsp.past import audit_of, claimed, is_free, knows_the_window, seconds_until, send_next
from tests.waiting import wait_until

PENDING, SUBMITTED = EntityStatus.PENDING, EntityStatus.SUBMITTED
WITHIN_S = 5


@pytest.fixture
def mine(dsp: Flask, submit) -> Entity:
    """It is due, and Redis knows that nothing was sent lately."""
    knows_the_window()
    return submit(mine=[])[0]


def test_what_was_taken_is_followed_until_it_is_done(mine: Entity, party: Party):
    party.answers(
        Reply(202, {"id": "r-1"}), Reply(200, {"status": "pending"}), Reply(200, {"status": "success"})
    )

    send_next()
    assert (load(mine.id).status, load(mine.id).remote_id) == (SUBMITTED, "r-1")
    assert seconds_until(mine) == pytest.approx(5, abs=1)
    send_next()
    assert (load(mine.id).status, load(mine.id).polls) == (SUBMITTED, 1)
    assert seconds_until(mine) == pytest.approx(10, abs=1)
    send_next()

    now = load(mine.id)
    assert (now.status, now.next_attempt_at) == (EntityStatus.COMPLETED, None)
    assert is_free(mine)
    assert [(row.action, row.attempt, row.method, row.http_status) for row in audit_of(mine)] == [
        (Action.SUBMIT, 1, "POST", 202),
        (Action.POLL, 1, "GET", 200),
        (Action.POLL, 2, "GET", 200),
    ]


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_a_no_fails_at_once_with_what_the_third_party_says(mine: Entity, party: Party, status: int):
    party.answers(Reply(status, {"error": {"message": "no budget"}}))

    send_next()

    now = load(mine.id)
    is_known = status not in {401, 409}
    assert now.status is EntityStatus.FAILED
    assert now.failure is (Failure.REFUSED if is_known else Failure.UNANSWERED)
    assert now.last_error == audit_of(mine)[0].error == f"HTTP {status}: no budget"
    assert now.next_attempt_at is None


def test_what_the_third_party_says_has_failed_has_failed(mine: Entity, party: Party):
    party.answers(Reply(202, {"id": "r-1"}), Reply(200, {"status": "failed", "error_message": "too wide"}))

    send_next(2)

    assert (load(mine.id).status, load(mine.id).last_error) == (EntityStatus.FAILED, "too wide")


@pytest.mark.parametrize("reply", [Reply(500), Reply(429), Reply(202, b"?"), None])
def test_after_five_attempts_under_one_key_it_has_failed(mine: Entity, dsp: Flask, party: Party, reply):
    party.answers(reply)

    with changed(dsp, dsp_breaker_failures=100):
        send_next(7)

    assert load(mine.id).status is EntityStatus.FAILED
    assert load(mine.id).failure is Failure.UNANSWERED
    assert [row.attempt for row in audit_of(mine)] == [1, 2, 3, 4, 5]
    assert {asked.headers["Idempotency-Key"] for asked in party.asked} == {f"{mine.id}-1"}
    assert len(party.asked) == 5


def test_an_answer_that_is_lost_on_its_way_creates_nothing_twice(mine: Entity, party: Party):
    created: dict[str, str] = {}

    def lose_the_first(asked: Asked) -> Reply | None:
        is_first = not created
        name = created.setdefault(asked.headers["Idempotency-Key"], f"r-{len(created)}")
        return None if is_first else Reply(202, {"id": name})

    party.script = lose_the_first

    send_next(2)

    assert created == {f"{mine.id}-1": "r-0"}
    assert (load(mine.id).status, load(mine.id).remote_id) == (SUBMITTED, "r-0")


def test_an_entity_that_was_cancelled_is_not_sent_and_takes_up_no_place(mine: Entity, party: Party, ada):
    [one] = pick()
    cancel(mine.id, ada)

    send(one)

    assert party.asked == []
    assert is_free(mine)


def test_another_run_of_a_job_leaves_the_request_of_the_first_alone(mine: Entity, party: Party, redis: Redis):
    one = claimed(mine, requested_ago_s=1)

    send(one)

    assert (party.asked, redis.zcard(WINDOW_KEY)) == ([], 0)
    assert load(mine.id).claim == one.claim


def test_what_is_cancelled_while_it_is_under_way_stays_cancelled(mine: Entity, dsp: Flask, party: Party, ada):
    one, under_way, go_on = pick()[0], threading.Event(), threading.Event()

    def wait(_: Asked) -> Reply:
        under_way.set()
        go_on.wait(WITHIN_S)
        return Reply(202, {"id": "r-1"})

    party.script = wait
    sender = threading.Thread(target=_send_in, args=[dsp, one])
    sender.start()
    assert under_way.wait(WITHIN_S)
    cancel(mine.id, ada)
    go_on.set()
    sender.join(WITHIN_S)

    assert load(mine.id).status is EntityStatus.CANCELLED
    assert [row.http_status for row in audit_of(mine)] == [202]
    wait_until(lambda: is_free(mine), what="the claim to end")


def _send_in(app: Flask, one: Picked) -> None:
    with app.app_context():
        send(one)
