"""Picking what is due."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from pingpong import clock
from pingpong.dsp.ledger import ClaimLost, note
from pingpong.dsp.limiter import RateLimit
from pingpong.dsp.models import Entity
from pingpong.dsp.picking import FEWEST_PLACES, Picked, give_back, pick
from pingpong.dsp.states import Action, EntityStatus
from pingpong.extensions import db
from tests.chat.talk import at_once
from tests.conftest import changed
from tests.dsp.conftest import load
from tests.dsp.past import OUTAGE, audited, claimed, is_free, seconds_until, set_back

RATE = RateLimit(100, 60)


def make(status: EntityStatus, *entities: Entity) -> None:
    db.session.execute(
        update(Entity)
        .where(Entity.id.in_([entity.id for entity in entities]))
        .values(status=status, next_attempt_at=clock.now())
    )
    db.session.commit()


def picked_ids() -> list:
    return [one.entity_id for one in pick()]


def test_what_is_due_gets_a_claim_and_a_time_for_it(submit):
    [entity] = submit(one=[])

    [picked] = pick()

    assert picked == Picked(entity.id, load(entity.id).claim)  # type: ignore[arg-type]
    assert load(entity.id).requested_at is None
    assert 5 < seconds_until(entity, "claimed_until") < 60


def test_the_one_that_is_due_for_longest_comes_first(submit):
    young, old, oldest = submit(young=[], old=[], oldest=[])
    set_back(old, "next_attempt_at", 10)
    set_back(oldest, "next_attempt_at", 20)

    assert picked_ids() == [oldest.id, old.id, young.id]


@pytest.mark.parametrize(
    "status",
    [EntityStatus.WAITING, EntityStatus.COMPLETED, EntityStatus.FAILED, EntityStatus.CANCELLED],
)
def test_what_has_nothing_to_send_is_not_picked(submit, status: EntityStatus):
    make(status, *submit(one=[]))

    assert pick() == []


def test_what_is_due_later_is_not_picked(submit):
    [entity] = submit(one=[])
    set_back(entity, "next_attempt_at", -5)

    assert pick() == []


def test_what_is_claimed_is_not_picked_again(submit):
    submit(one=[])

    assert len(pick()) == 1
    assert pick() == []


def test_no_more_are_picked_than_there_are_places(submit):
    submit(**{f"e{number}": [] for number in range(5)})

    assert len(pick()) == FEWEST_PLACES
    assert pick() == []


def test_a_request_that_has_left_takes_up_no_place(submit):
    entities = submit(**{f"e{number}": [] for number in range(5)})
    claimed(entities[0], requested_ago_s=1)
    claimed(entities[1])

    assert len(pick()) == FEWEST_PLACES - 1


def test_submits_and_polls_share_fairly(submit):
    entities = submit(**{f"e{number}": [] for number in range(8)})
    polls = entities[:4]
    make(EntityStatus.SUBMITTED, *polls)
    for entity in polls:
        set_back(entity, "next_attempt_at", 1000)

    for _ in range(2):
        for one in pick():
            db.session.execute(
                update(Entity).where(Entity.id == one.entity_id).values(requested_at=clock.now())
            )
            db.session.commit()

    of_polls = sum(load(entity.id).claim is not None for entity in polls)
    assert of_polls == FEWEST_PLACES


def test_who_had_less_in_the_last_minute_comes_first(submit):
    submitted, pending = submit(a=[], b=[])
    make(EntityStatus.SUBMITTED, submitted)
    set_back(pending, "next_attempt_at", 100)
    audited(pending, 10, action=Action.SUBMIT)
    audited(pending, 70, 70, action=Action.POLL)

    assert picked_ids()[0] == submitted.id


def test_where_only_one_kind_is_due_it_gets_all_places(submit):
    entities = submit(**{f"e{number}": [] for number in range(4)})
    audited(entities[0], *[1.0] * 20, action=Action.SUBMIT)

    assert len(pick()) == FEWEST_PLACES


def test_while_the_circuit_is_open_nothing_is_picked(submit):
    entities = submit(a=[], b=[])
    audited(entities[0], *[10.0] * 5, **OUTAGE)

    assert pick() == []


def test_when_it_is_time_for_a_probe_one_is_picked(submit):
    entities = submit(a=[], b=[])
    audited(entities[0], *[31.0] * 5, **OUTAGE)

    assert len(pick()) == 1
    assert pick() == []


def test_of_several_who_pick_at_once_nobody_gets_what_another_has(app: Flask, submit):
    submit(**{f"e{number}": [] for number in range(12)})

    picked = [one.entity_id for some in at_once(*[pick] * 6, app=app) for one in some]

    assert len(picked) == len(set(picked)) >= FEWEST_PLACES


def test_what_is_given_back_can_be_picked_again(submit):
    [entity] = submit(one=[])
    [first] = pick()

    give_back(first)

    assert is_free(entity)
    [second] = pick()
    assert second.claim != first.claim


def test_a_request_that_was_noted_and_did_not_leave_is_given_back_by_who_noted_it(submit):
    [entity] = submit(one=[])
    [one] = pick()
    noted_at = note(one.entity_id, one.claim, RATE)

    give_back(one)
    assert load(entity.id).claim == one.claim, "another run of the job has not noted it"
    give_back(one, noted_at)

    assert is_free(entity)
    with pytest.raises(ClaimLost):
        note(one.entity_id, one.claim, RATE, noted_at)


def test_only_who_holds_a_claim_can_give_it_back(submit):
    [entity] = submit(one=[])
    former = claimed(entity)
    now = claimed(entity)

    give_back(former)

    assert load(entity.id).claim == now.claim


def test_who_is_held_by_somebody_else_holds_up_nobody(submit):
    held, free = submit(held=[], free=[])
    set_back(held, "next_attempt_at", 10)

    with db.engine.begin() as other:
        other.execute(select(Entity.id).where(Entity.id == held.id).with_for_update())
        assert picked_ids() == [free.id]


def test_a_higher_limit_has_more_places(dsp: Flask, submit):
    submit(**{f"e{number}": [] for number in range(20)})

    with changed(dsp, dsp_rate_limit=600):
        assert len(pick()) == 20
