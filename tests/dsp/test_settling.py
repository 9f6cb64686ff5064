"""Keeping what came of a request."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pingpong import clock
from pingpong.dsp import settling
from pingpong.dsp.answers import Accepted, Fault, Refused, StillPending, Succeeded
from pingpong.dsp.control import cancel
from pingpong.dsp.models import Entity
from pingpong.dsp.settling import Exchange, settle
from pingpong.dsp.states import Action, EntityStatus, Failure
from pingpong.extensions import db
from tests.chat.talk import at_once
from tests.dsp.conftest import load
from tests.dsp.past import audit_of, audited, claimed, is_free, seconds_until

SUBMIT = Exchange(Action.SUBMIT, "POST", "http://dsp/v1/campaign", '{"name": "x"}', http_status=202)
POLL = Exchange(Action.POLL, "GET", "http://dsp/v1/campaign/r-1/status", None, http_status=200)


def submitted(entity: Entity) -> Entity:
    settle(claimed(entity, requested_ago_s=0), SUBMIT, Accepted("r-1"))
    return load(entity.id)


def test_an_answer_ends_the_claim_and_moves_the_entity(app: Flask, submit):
    [entity] = submit(one=[])

    settle(claimed(entity, requested_ago_s=0), SUBMIT, Accepted("r-1"))

    now = load(entity.id)
    assert (now.status, now.remote_id, now.attempts, now.polls) == (EntityStatus.SUBMITTED, "r-1", 1, 0)
    assert is_free(entity)
    assert seconds_until(entity) == pytest.approx(5, abs=1)


def test_a_good_answer_makes_what_failed_before_forgotten(app: Flask, submit):
    entity = submitted(submit(one=[])[0])
    settle(claimed(entity), POLL, Fault("HTTP 500"))
    assert (load(entity.id).failures, load(entity.id).last_error) == (1, "HTTP 500")

    settle(claimed(entity), POLL, StillPending())

    now = load(entity.id)
    assert (now.failures, now.last_error, now.polls) == (0, None, 2)


def test_failures_count_only_in_a_row(app: Flask, submit):
    entity = submitted(submit(one=[])[0])

    for _ in range(4):
        for _ in range(4):
            settle(claimed(entity), POLL, Fault("HTTP 500"))
        settle(claimed(entity), POLL, StillPending())

    assert load(entity.id).status is EntityStatus.SUBMITTED


def test_what_is_completed_releases_its_children_in_the_same_moment(app: Flask, submit):
    one, child, other = submit(one=[], child=["one"], other=["one", "child"])

    settle(claimed(submitted(one)), POLL, Succeeded())

    assert [load(each.id).status for each in (one, child, other)] == [
        EntityStatus.COMPLETED,
        EntityStatus.PENDING,
        EntityStatus.WAITING,
    ]
    assert seconds_until(child) <= 0


def test_what_failed_blocks_its_children(app: Flask, submit):
    one, child = submit(one=[], child=["one"])

    settle(claimed(one), SUBMIT, Refused("no budget"))

    assert load(one.id).failure is Failure.REFUSED
    assert load(child.id).status is EntityStatus.WAITING
    assert load(child.id).blocked_reason == "one failed: no budget"


def test_the_answer_to_a_claim_that_is_gone_is_kept_and_changes_nothing(app: Flask, submit):
    [entity] = submit(one=[])
    late = claimed(entity, requested_ago_s=30)
    now = claimed(entity, requested_ago_s=1)

    settle(late, SUBMIT, Accepted("r-late"))

    assert (load(entity.id).status, load(entity.id).remote_id) == (EntityStatus.PENDING, None)
    assert load(entity.id).claim == now.claim
    assert [row.http_status for row in audit_of(entity)] == [202]


def test_the_same_answer_kept_twice_moves_it_once(app: Flask, submit):
    [entity] = submit(one=[])
    one = claimed(entity, requested_ago_s=1)

    at_once(*[lambda: settle(one, SUBMIT, Accepted("r-1"))] * 3, app=app)

    assert load(entity.id).attempts == 1
    assert len(audit_of(entity)) == 3


def test_what_was_cancelled_while_it_was_under_way_stays_so(app: Flask, submit, ada):
    [entity] = submit(one=[])
    one = claimed(entity, requested_ago_s=1)
    cancel(entity.id, ada)

    settle(one, SUBMIT, Accepted("r-1"))

    now = load(entity.id)
    assert (now.status, now.attempts, now.next_attempt_at) == (EntityStatus.CANCELLED, 0, None)
    assert is_free(entity)
    assert len(audit_of(entity)) == 1


def test_the_audit_tells_when_a_request_left(app: Flask, submit):
    [entity] = submit(one=[])
    one = claimed(entity, requested_ago_s=12)
    left_at = load(entity.id).requested_at

    settle(one, Exchange(**{**SUBMIT.__dict__, "at": left_at, "duration_ms": 12_000}), Accepted("r-1"))

    [row] = audit_of(entity)
    assert (row.at, row.duration_ms) == (left_at, 12_000)


def test_of_one_that_never_left_it_tells_when_that_was_clear(app: Flask, submit):
    [entity] = submit(one=[])

    settle(claimed(entity), SUBMIT, Fault("ConnectionRefusedError"))

    now = db.session.scalar(db.select(clock.now()))
    assert now is not None
    assert now - audit_of(entity)[0].at < timedelta(seconds=5)


def test_an_accident_keeps_nothing_by_halves(app: Flask, submit, monkeypatch):
    one, child = submit(one=[], child=["one"])
    claim = claimed(submitted(one))

    def stumble(_: Entity) -> None:
        raise RuntimeError("half-way")

    monkeypatch.setattr(settling, "release_children", stumble)

    with pytest.raises(RuntimeError):
        settle(claim, POLL, Succeeded())
    db.session.rollback()

    assert load(one.id).status is EntityStatus.SUBMITTED
    assert load(one.id).claim == claim.claim
    assert load(child.id).status is EntityStatus.WAITING
    assert len(audit_of(one)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE dsp_audit SET error = 'never happened'",
        "DELETE FROM dsp_audit",
        "DELETE FROM dsp_audit WHERE false",
    ],
)
def test_nobody_can_change_the_audit(app: Flask, submit, statement: str):
    [entity] = submit(one=[])
    audited(entity, 1)

    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(statement))
    db.session.rollback()

    assert [row.error for row in audit_of(entity)] == [None]


def test_an_entity_that_has_an_audit_cannot_be_deleted(app: Flask, submit):
    [entity] = submit(one=[])
    audited(entity, 1)

    with pytest.raises(DBAPIError):
        db.session.execute(text("DELETE FROM dsp_entities"))
    db.session.rollback()

    assert load(entity.id).id == entity.id
