"""Another payload or other dependencies for an entity of which nothing is under way."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import pytest
from flask import current_app

from pingpong.dsp.answers import Accepted, Refused, Succeeded
from pingpong.dsp.changing import change
from pingpong.dsp.control import cancel, retry
from pingpong.dsp.ledger import note
from pingpong.dsp.limiter import RateLimit
from pingpong.dsp.models import Entity, lock_graph
from pingpong.dsp.picking import pick
from pingpong.dsp.relations import ancestry
from pingpong.dsp.settling import Exchange, settle
from pingpong.dsp.states import Action, EntityStatus
from pingpong.errors import Conflict, InvalidInput, NotFound
from pingpong.extensions import db
from tests.chat.talk import at_once
from tests.conftest import changed
from tests.dsp.conftest import load
from tests.dsp.graph import NO_ANSWER, NOBODY, answered, claimed, complete, fail, needs, reasons, statuses
from tests.people import User, some_address

WAITING, PENDING, SUBMITTED, COMPLETED, FAILED, CANCELLED = EntityStatus


@pytest.fixture
def campaign(submit):
    return submit(campaign=[])[0]


def fields(call, *args) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as refused:
        call(*args)
    return refused.value.fields


def test_a_payload_is_replaced_and_what_it_depends_on_stays(submit, ada):
    campaign, group = submit(campaign=[], group=["campaign"])

    change(group.id, ada, {"budget": 5}, None)

    assert load(group.id).payload == {"budget": 5}
    assert needs(group) == [campaign.id]


def test_dependencies_are_replaced_and_the_payload_stays(submit, ada):
    _campaign, other, group = submit(campaign=[], other=[], group=["campaign"])

    change(group.id, ada, None, ["@other", str(other.id)])

    assert load(group.id).payload == {"name": "group"}
    assert needs(group) == [other.id]


def test_a_payload_may_be_put_right_below_what_was_cancelled(submit, ada):
    campaign, group = submit(campaign=[], group=["campaign"])
    cancel(campaign.id, ada)

    change(group.id, ada, {"budget": 5}, None)

    assert load(group.id).payload == {"budget": 5}


def test_nothing_that_is_given_changes_nothing(submit, ada):
    campaign, group = submit(campaign=[], group=["campaign"])

    change(group.id, ada, None, None)

    assert (load(group.id).payload, needs(group)) == ({"name": "group"}, [campaign.id])


def test_without_dependencies_it_waits_no_longer(submit, ada):
    _, group = submit(campaign=[], group=["campaign"])

    change(group.id, ada, None, [])

    freed = load(group.id)
    assert freed.status is PENDING
    assert freed.next_attempt_at is not None


def test_with_new_dependencies_it_waits_again(submit, ada):
    _, group = submit(campaign=[], group=[])

    change(group.id, ada, None, ["@campaign"])

    held = load(group.id)
    assert (held.status, held.next_attempt_at) == (WAITING, None)


def test_what_is_completed_already_need_not_be_waited_for(submit, ada):
    campaign, group = submit(campaign=[], group=[])
    complete(campaign)

    change(group.id, ada, None, ["@campaign"])

    assert statuses(group) == [PENDING]


def test_a_new_dependency_that_has_failed_blocks_it_and_those_below_until_it_is_dropped(submit, ada):
    campaign, group, creative = submit(campaign=[], group=[], creative=["group"])
    fail(campaign)

    change(group.id, ada, None, ["@campaign"])
    assert reasons(group, creative) == ["campaign failed: no budget"] * 2

    change(group.id, ada, None, [])
    assert reasons(group, creative) == [None, None]
    assert statuses(group, creative) == [PENDING, WAITING]


@pytest.mark.parametrize("ends_as", [FAILED, CANCELLED])
def test_what_has_ended_stays_so_until_it_is_tried_again(submit, ada, ends_as):
    campaign, group = submit(campaign=[], group=[])
    fail(group) if ends_as is FAILED else cancel(group.id, ada)

    change(group.id, ada, {"budget": 5}, ["@campaign"])

    assert statuses(group) == [ends_as]
    assert needs(group) == [campaign.id]


@pytest.mark.parametrize(
    "answers", [[Accepted("x")], [Accepted("x"), Succeeded()]], ids=["submitted", "completed"]
)
def test_what_is_at_the_third_party_is_not_changed(campaign, ada, answers):
    answered(campaign, *answers)

    with pytest.raises(Conflict, match="there already"):
        change(campaign.id, ada, {"budget": 5}, None)

    assert load(campaign.id).payload == {"name": "campaign"}


def test_what_is_on_its_way_is_not_changed(campaign, ada):
    claimed(campaign.id)

    with pytest.raises(Conflict, match="on its way"):
        change(campaign.id, ada, {"budget": 5}, None)


def test_others_do_not_even_know_that_it_exists(campaign):
    eve = User.register(email=some_address(), password="correct horse battery")

    with pytest.raises(NotFound):
        change(campaign.id, eve, {"budget": 5}, None)


@pytest.mark.parametrize(
    ("depends_on", "problem"),
    [
        (["@nobody"], "reference @nobody is unknown"),
        ([NOBODY], f"id {NOBODY} is unknown"),
        (["@gone"], "gone was cancelled"),
        (["@group"], "must not depend on each other in a cycle: group → group"),
    ],
    ids=["ref", "id", "cancelled", "itself"],
)
def test_bad_dependencies_are_named(submit, ada, depends_on, problem):
    campaign, group, gone = submit(campaign=[], group=["campaign"], gone=[])
    cancel(gone.id, ada)

    assert fields(change, group.id, ada, None, depends_on) == {"depends_on": [problem]}
    assert needs(group) == [campaign.id]


def test_a_payload_refers_only_to_what_it_depends_on_also_when_that_is_changed(submit, ada):
    _, group = submit(campaign=[], group=["campaign"])
    named = {"campaign": {"$ref": "campaign.remote_id"}}
    change(group.id, ada, named, None)

    assert fields(change, group.id, ada, None, []) == {
        "payload": ["refers to campaign, which depends_on does not name"]
    }
    change(group.id, ada, {}, [])


def test_too_large_a_payload_and_too_many_dependencies_are_refused(app, campaign, ada):
    with changed(app, dsp_max_payload_bytes=20, dsp_max_dependencies=1):
        refused = fields(change, campaign.id, ada, {"name": "x" * 20}, ["@a", "@b"])

    assert set(refused) == {"payload", "depends_on"}


def test_a_cycle_is_refused_and_named_in_its_order(submit, ada):
    a, _b, _c = submit(a=[], b=["a"], c=["b"])

    [problem] = fields(change, a.id, ada, None, ["@c"])["depends_on"]

    named = problem.rpartition(": ")[2].split(" → ")
    assert problem.startswith("must not depend on each other in a cycle: ")
    assert named[0] == named[-1]
    assert set(named) == {"a", "b", "c"}
    assert set(pairwise(named)) == {("a", "c"), ("c", "b"), ("b", "a")}
    assert needs(a) == []


def test_of_two_changes_at_once_that_would_make_a_cycle_one_is_refused(app, submit, ada):
    for _ in range(5):
        a, b = submit(a=[], b=[])
        turns = [partial(change, a.id, ada, None, [str(b.id)]), partial(change, b.id, ada, None, [str(a.id)])]

        outcomes = at_once(*turns, app=app)

        assert sorted(isinstance(one, InvalidInput) for one in outcomes) == [False, True]
        assert len(ancestry([a.id, b.id])) == 1
        assert sorted(statuses(a, b)) == [PENDING, WAITING]


def test_after_it_was_refused_its_payload_can_be_put_right(campaign, ada):
    answered(campaign, Refused("the budget is missing"))

    change(campaign.id, ada, {"budget": 5}, None)

    assert load(campaign.id).payload == {"budget": 5}


def test_what_may_be_there_under_its_key_keeps_its_payload(submit, ada):
    [campaign] = submit(campaign=[])
    one = claimed(campaign.id)
    note(campaign.id, one.claim, RateLimit(40, 60), load(campaign.id).requested_at)
    settle(one, Exchange(Action.SUBMIT, "POST", "http://dsp", None), NO_ANSWER)

    with pytest.raises(Conflict, match="may be there"):
        change(campaign.id, ada, {"name": "another"}, None)


def test_what_was_refused_may_be_put_right(submit, ada):
    [campaign] = submit(campaign=[])
    one = claimed(campaign.id)
    note(campaign.id, one.claim, RateLimit(40, 60), load(campaign.id).requested_at)
    settle(one, Exchange(Action.SUBMIT, "POST", "http://dsp", None), Refused("no budget"))

    change(campaign.id, ada, {"budget": 5}, None)

    assert retry(campaign.id, ada).status is PENDING
    assert load(campaign.id).payload == {"budget": 5}


def test_what_is_being_changed_is_not_picked(submit, ada):
    [campaign] = submit(campaign=[])
    lock_graph()
    Entity.find(campaign.id, ada, lock=True)

    with ThreadPoolExecutor(1) as beside:
        picked = beside.submit(in_app(pick)).result(10)
    db.session.rollback()

    assert picked == []
    assert [one.entity_id for one in pick()] == [campaign.id]


def in_app(function):
    app = current_app._get_current_object()

    def inside():
        with app.app_context():
            return function()

    return inside
