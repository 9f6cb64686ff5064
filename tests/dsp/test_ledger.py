"""What was sent lately, by Postgres."""

from datetime import timedelta

import pytest
from flask import Flask

from pingpong.dsp.breaker import CircuitOpen
from pingpong.dsp.ledger import ClaimLost, ToldToWait, TooMany, lately, note, sent_within
from pingpong.dsp.limiter import RateLimit
from pingpong.dsp.models import Entity
from tests.chat.talk import at_once
from tests.dsp.conftest import load
from tests.dsp.past import OUTAGE, audited, claimed

RATE = RateLimit(2, 60)


def test_lately_is_what_was_answered_and_what_is_under_way(mine: Entity, other: Entity):
    audited(mine, 61, 30)
    audited(mine, 62)
    claimed(other, requested_ago_s=7)

    assert sorted(lately(RATE).ages_s) == pytest.approx([7, 30, 61], abs=1)
    assert sent_within(60) == 2


def test_a_claim_that_has_not_left_yet_was_not_sent(mine: Entity):
    claimed(mine)

    assert lately(RATE).ages_s == []


@pytest.mark.parametrize(
    ("answers", "stopped_s"),
    [
        pytest.param([], 0, id="nobody-asked"),
        pytest.param([(10, 30)], 20, id="for-a-while"),
        pytest.param([(10, 30), (1, 5), (50, 120)], 70, id="the-longest-counts"),
        pytest.param([(100, 30)], 0, id="long-ago"),
    ],
)
def test_for_how_long_to_be_silent(mine: Entity, answers: list[tuple[float, float]], stopped_s: float):
    for ago_s, retry_after_s in answers:
        audited(mine, ago_s, http_status=429, retry_after_s=retry_after_s)

    assert lately(RATE).stopped_s == pytest.approx(stopped_s, abs=1)


def test_silence_begins_with_the_answer_not_with_the_request(mine: Entity):
    audited(mine, 10, http_status=429, retry_after_s=30.0, duration_ms=8000)

    assert lately(RATE).stopped_s == pytest.approx(28, abs=1)


def test_no_more_is_noted_than_may_be_sent(mine: Entity, other: Entity):
    one = claimed(mine)
    audited(other, 1, 59)

    with pytest.raises(TooMany):
        note(one.entity_id, one.claim, RATE)

    assert load(mine.id).requested_at is None


def test_nothing_is_noted_while_all_are_to_be_silent(mine: Entity, other: Entity):
    one = claimed(mine)
    audited(other, 10, http_status=429, retry_after_s=30.0)

    with pytest.raises(ToldToWait):
        note(one.entity_id, one.claim, RATE)

    assert load(mine.id).requested_at is None


def test_what_is_later_than_now_is_of_a_clock_that_was_set_back(mine: Entity, other: Entity):
    audited(other, -3600, -3600, http_status=429, retry_after_s=30.0)
    one = claimed(mine)

    assert lately(RATE).ages_s == []
    assert note(one.entity_id, one.claim, RATE)


def test_what_was_sent_before_the_window_does_not_count(mine: Entity, other: Entity):
    one = claimed(mine)
    audited(other, 1, 61.5)

    assert note(one.entity_id, one.claim, RATE) == load(mine.id).requested_at


def test_a_request_that_is_noted_again_counts_once_from_then_on(mine: Entity, other: Entity):
    one = claimed(mine)
    audited(other, 1)

    first = note(one.entity_id, one.claim, RATE)
    second = note(one.entity_id, one.claim, RATE, first)

    assert second > first
    assert load(mine.id).requested_at == second
    assert len(lately(RATE).ages_s) == 2


def test_only_who_noted_a_request_may_note_it_again(mine: Entity):
    one = claimed(mine)
    noted_at = note(one.entity_id, one.claim, RATE)

    for pretended in (None, noted_at - timedelta(seconds=1)):
        with pytest.raises(ClaimLost):
            note(one.entity_id, one.claim, RATE, pretended)

    assert load(mine.id).requested_at == noted_at


def test_of_many_who_note_at_once_no_more_come_through_than_may(app: Flask, submit):
    entities = submit(**{f"e{number}": [] for number in range(8)})
    claims = [claimed(entity) for entity in entities]

    answers = at_once(*[lambda one=one: note(one.entity_id, one.claim, RATE) for one in claims], app=app)

    assert sum(isinstance(answer, TooMany) for answer in answers) == 6
    assert sum(load(entity.id).requested_at is not None for entity in entities) == 2


def test_of_two_runs_of_a_job_one_may_send(app: Flask, mine: Entity):
    one = claimed(mine)

    answers = at_once(*[lambda: note(one.entity_id, one.claim, RATE)] * 2, app=app)

    assert sorted(type(answer).__name__ for answer in answers) == ["ClaimLost", "datetime"]


def test_of_many_probes_at_once_one_is_noted(app: Flask, submit):
    entities = submit(**{f"e{number}": [] for number in range(4)})
    audited(entities[0], *[40.0] * 5, **OUTAGE)
    claims = [claimed(entity) for entity in entities]
    rate = RateLimit(40, 60)

    answers = at_once(*[lambda one=one: note(one.entity_id, one.claim, rate) for one in claims], app=app)

    assert sum(isinstance(answer, CircuitOpen) for answer in answers) == 3


def test_a_claim_that_was_given_to_somebody_else_cannot_be_noted(mine: Entity):
    one = claimed(mine)
    claimed(mine)

    with pytest.raises(ClaimLost):
        note(one.entity_id, one.claim, RATE)
