"""The life of an entity: which status may follow which."""

import pytest

from pingpong.dsp.models import Entity
from pingpong.dsp.states import ENDED, MOVES, OPEN, TO_SEND, Action, EntityStatus, may_become
from pingpong.errors import Conflict

ALL = list(EntityStatus)


def some(status: EntityStatus) -> Entity:
    return Entity(ref="campaign-1", status=status)


def test_every_status_has_its_moves():
    assert set(MOVES) == set(EntityStatus)


def test_an_entity_goes_its_way_step_by_step():
    entity = some(EntityStatus.WAITING)

    for status in (EntityStatus.PENDING, EntityStatus.SUBMITTED, EntityStatus.COMPLETED):
        entity.become(status)

    assert entity.status is EntityStatus.COMPLETED


@pytest.mark.parametrize("status", ALL)
def test_nothing_comes_after_completed(status):
    with pytest.raises(Conflict, match=f"campaign-1 is completed: it cannot become {status}"):
        some(EntityStatus.COMPLETED).become(status)


@pytest.mark.parametrize("status", [one for one in ALL if one is not EntityStatus.SUBMITTED])
def test_only_what_was_submitted_can_be_completed(status):
    entity = some(status)

    with pytest.raises(Conflict):
        entity.become(EntityStatus.COMPLETED)

    assert entity.status is status


@pytest.mark.parametrize("status", [one for one in ALL if one not in {*ENDED, EntityStatus.COMPLETED}])
def test_everything_that_is_open_can_be_called_off(status):
    some(status).become(EntityStatus.CANCELLED)


@pytest.mark.parametrize("ended", sorted(ENDED))
@pytest.mark.parametrize("status", sorted(OPEN))
def test_what_has_ended_can_be_opened_again(ended, status):
    entity = some(ended)

    entity.become(status)

    assert entity.status is status


@pytest.mark.parametrize("status", ALL)
def test_the_moves_can_be_read_backwards(status):
    assert may_become(status) == {one for one in ALL if status in MOVES[one]}


def test_open_ended_and_completed_are_all_there_is():
    assert OPEN | ENDED | {EntityStatus.COMPLETED} == set(EntityStatus)
    assert not OPEN & ENDED


def test_something_is_sent_in_two_statuses_only():
    assert TO_SEND == {EntityStatus.PENDING: Action.SUBMIT, EntityStatus.SUBMITTED: Action.POLL}
