"""Claims whose workers never came back."""

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy.exc import OperationalError

from pingpong.dsp.answers import Accepted, Succeeded
from pingpong.dsp.control import cancel
from pingpong.dsp.lapsing import UNKNOWN, take_back_lapsed
from pingpong.dsp.picking import pick
from pingpong.dsp.requests import request_for
from pingpong.dsp.sending import send
from pingpong.dsp.settling import Exchange, settle, settle_unanswered
from pingpong.dsp.states import Action, EntityStatus
from tests.dsp.conftest import load, make_due
from tests.dsp.party import Party
from tests.dsp.past import audit_of, claimed, is_free, knows_the_window, seconds_until


def test_a_claim_under_which_nothing_was_sent_is_given_back(dsp: Flask, submit):
    [entity] = submit(one=[])
    claimed(entity, lasts_s=-1)

    assert take_back_lapsed() == 1

    assert is_free(entity)
    assert (load(entity.id).attempts, audit_of(entity)) == (0, [])
    assert [one.entity_id for one in pick()] == [entity.id]


def test_a_request_that_had_left_counts_as_not_answered(dsp: Flask, submit):
    [entity] = submit(one=[])
    claimed(entity, requested_ago_s=20, lasts_s=-1)
    left_at = load(entity.id).requested_at

    assert take_back_lapsed() == 1

    now = load(entity.id)
    assert (now.status, now.attempts, now.failures) == (EntityStatus.PENDING, 1, 1)
    assert (now.claim, now.last_error) == (None, UNKNOWN)
    assert seconds_until(entity) <= 2
    [row] = audit_of(entity)
    assert (row.at, row.action, row.attempt, row.method) == (left_at, Action.SUBMIT, 1, "POST")
    assert (row.request, row.http_status, row.response) == ('{"name": "one"}', None, None)
    assert (row.error, row.is_outage) == (UNKNOWN, False)


def test_so_does_the_question_how_it_stands(dsp: Flask, submit):
    [entity] = submit(one=[])
    settle(claimed(entity), Exchange(Action.SUBMIT, "POST", "http://dsp", None), Accepted("r-1"))
    claimed(entity, requested_ago_s=20, lasts_s=-1)

    take_back_lapsed()

    now = load(entity.id)
    assert (now.status, now.polls, now.failures) == (EntityStatus.SUBMITTED, 1, 1)
    assert audit_of(entity)[-1].action is Action.POLL


def test_a_claim_that_holds_is_left_alone(dsp: Flask, submit):
    one, other = submit(one=[], other=[])
    claims = [claimed(one), claimed(other, requested_ago_s=1)]

    assert take_back_lapsed() == 0

    assert [load(entity.id).claim for entity in (one, other)] == [claim.claim for claim in claims]


def test_a_worker_that_was_killed_before_the_request_left_costs_no_attempt(
    dsp: Flask, party: Party, redis: Redis, submit
):
    [entity] = submit(one=[])
    claimed(entity, lasts_s=-1)
    knows_the_window()

    take_back_lapsed()
    send(pick()[0])

    assert load(entity.id).status is EntityStatus.SUBMITTED
    assert [(row.attempt, row.http_status) for row in audit_of(entity)] == [(1, 202)]
    assert len(party.asked) == 1


def test_after_one_that_was_killed_later_it_is_submitted_under_the_same_key(
    dsp: Flask, party: Party, redis: Redis, submit
):
    [entity] = submit(one=[])
    claimed(entity, requested_ago_s=20, lasts_s=-1)
    knows_the_window()

    take_back_lapsed()
    make_due()
    send(pick()[0])

    assert load(entity.id).status is EntityStatus.SUBMITTED
    assert [(row.attempt, row.http_status) for row in audit_of(entity)] == [(1, None), (2, 202)]
    assert [asked.headers["Idempotency-Key"] for asked in party.asked] == [f"{entity.id}-1"]


def test_a_worker_that_is_only_late_is_heard_and_changes_nothing(dsp: Flask, submit):
    [entity] = submit(one=[])
    late = claimed(entity, requested_ago_s=20, lasts_s=-1)
    take_back_lapsed()
    before = load(entity.id).updated_at

    settle(late, Exchange(Action.SUBMIT, "POST", "http://dsp", None, http_status=202), Accepted("r-1"))

    now = load(entity.id)
    assert (now.status, now.remote_id, now.updated_at) == (EntityStatus.PENDING, None, before)
    assert [row.http_status for row in audit_of(entity)] == [None, 202]


def test_one_that_is_heard_while_its_claim_is_taken_back_is_kept_once(dsp: Flask, submit):
    [entity] = submit(one=[])
    late = claimed(entity, requested_ago_s=20, lasts_s=-1)
    asked = Exchange(Action.SUBMIT, "POST", "http://dsp", None, http_status=202)
    settle(late, asked, Accepted("r-1"))

    settle_unanswered(late, asked, UNKNOWN)

    assert load(entity.id).status is EntityStatus.SUBMITTED
    assert [row.error for row in audit_of(entity)] == [None]


@pytest.mark.parametrize("requested_ago_s", [None, 5.0])
def test_what_was_cancelled_meanwhile_stays_cancelled(dsp: Flask, submit, ada, requested_ago_s):
    [entity] = submit(one=[])
    claimed(entity, requested_ago_s, lasts_s=-1)
    cancel(entity.id, ada)

    take_back_lapsed()

    assert load(entity.id).status is EntityStatus.CANCELLED
    assert is_free(entity)


def test_one_that_cannot_be_taken_back_is_in_nobodys_way(dsp: Flask, submit, monkeypatch):
    bad, good = submit(bad=[], good=[])
    for entity in (bad, good):
        claimed(entity, requested_ago_s=20, lasts_s=-1)
    monkeypatch.setattr("pingpong.dsp.lapsing.request_for", failing_for(bad, request_for))

    take_back_lapsed()

    assert is_free(good)
    assert not is_free(bad)


def failing_for(bad, function):
    def fails(entity):
        if entity.id == bad.id:
            raise OperationalError("", {}, Exception("cancelled"))
        return function(entity)

    return fails


def test_a_worker_that_dies_five_times_ends_it(dsp: Flask, submit):
    [entity] = submit(one=[])

    for _ in range(5):
        claimed(entity, requested_ago_s=20, lasts_s=-1)
        take_back_lapsed()

    now = load(entity.id)
    assert now.status is EntityStatus.FAILED
    assert now.last_error == f"{UNKNOWN} (submitted 5 times)"


def test_an_answer_that_came_in_time_after_all_is_kept(dsp: Flask, submit):
    """The claim has lapsed, and nobody has taken it back yet."""
    [entity] = submit(one=[])
    one = claimed(entity, requested_ago_s=20, lasts_s=-1)

    settle(one, Exchange(Action.SUBMIT, "POST", "http://dsp", None), Accepted("r-1"))
    settle(claimed(entity), Exchange(Action.POLL, "GET", "http://dsp", None), Succeeded())

    assert take_back_lapsed() == 0
    assert load(entity.id).status is EntityStatus.COMPLETED
