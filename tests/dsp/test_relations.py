"""What becomes of those that depend on an entity when it is completed, fails, or is called off."""

import threading
from functools import partial

from sqlalchemy import text

from pingpong.dsp.answers import Accepted, Succeeded
from pingpong.dsp.control import cancel, retry
from pingpong.dsp.creating import create
from pingpong.dsp.models import lock_graph
from pingpong.dsp.relations import ancestry
from pingpong.dsp.settling import Exchange, settle
from pingpong.dsp.states import Action, EntityStatus, Failure
from pingpong.extensions import db
from tests.chat.talk import at_once, waiting_for_locks
from tests.dsp.conftest import load, new
from tests.dsp.graph import answered, claimed, complete, fail, reasons, statuses
from tests.waiting import wait_until

WAITING, PENDING, FAILED = EntityStatus.WAITING, EntityStatus.PENDING, EntityStatus.FAILED
POLLED = Exchange(Action.POLL, "GET", "http://dsp/v1/campaign/1/status", None)


def test_only_what_depends_on_nothing_may_go_first(submit):
    one, other, child = submit(one=[], other=[], child=["one", "other"])

    assert statuses(one, other, child) == [PENDING, PENDING, WAITING]
    assert load(one.id).next_attempt_at is not None
    assert load(child.id).next_attempt_at is None


def test_a_completed_one_releases_its_children_at_once(submit):
    campaign, group, other, creative = submit(
        campaign=[], group=["campaign"], other=["campaign"], creative=["group"]
    )

    complete(campaign)

    assert statuses(group, other, creative) == [PENDING, PENDING, WAITING]
    assert load(group.id).next_attempt_at is not None


def test_one_that_was_only_submitted_releases_nobody(submit):
    campaign, group = submit(campaign=[], group=["campaign"])

    answered(campaign, Accepted("remote-1"))

    assert statuses(group) == [WAITING]


def test_a_child_waits_for_all_that_it_depends_on(submit):
    one, other, child = submit(one=[], other=[], child=["one", "other"])

    answered(other, Accepted("remote-other"))
    complete(one)
    assert statuses(child) == [WAITING]

    answered(other, Succeeded())
    assert statuses(child) == [PENDING]


def test_a_child_is_released_when_its_last_two_are_completed_at_the_same_time(app, submit):
    for _ in range(5):
        one, other, child = submit(one=[], other=[], child=["one", "other"])
        for parent in (one, other):
            answered(parent, Accepted(f"remote-{parent.ref}"))
        claims = [claimed(one.id), claimed(other.id)]

        at_once(*[partial(settle, claim, POLLED, Succeeded()) for claim in claims], app=app)

        assert statuses(one, other, child) == [EntityStatus.COMPLETED] * 2 + [PENDING]


def test_who_changes_the_graph_is_waited_for(app, submit):
    campaign, child = submit(campaign=[], child=["campaign"])
    answered(campaign, Accepted("remote-1"))
    claim = claimed(campaign.id)
    is_held = threading.Event()
    seen = []

    def hold_on():
        lock_graph()
        is_held.set()
        wait_until(waiting_for_locks)
        seen.append(db.session.scalar(text("SELECT status FROM dsp_entities WHERE ref = 'child'")))
        db.session.rollback()

    def settle_meanwhile():
        assert is_held.wait(20)
        settle(claim, POLLED, Succeeded())

    at_once(hold_on, settle_meanwhile, app=app)

    assert seen == ["waiting"]
    assert statuses(child) == [PENDING]


def test_a_failed_one_leaves_all_that_need_it_waiting_and_says_why(submit):
    campaign, group, creative, aside = submit(campaign=[], group=["campaign"], creative=["group"], aside=[])

    fail(campaign, "HTTP 400: the budget is missing")

    assert statuses(campaign, group, creative, aside) == [FAILED, WAITING, WAITING, PENDING]
    assert reasons(group, creative) == ["campaign failed: HTTP 400: the budget is missing"] * 2
    assert reasons(campaign, aside) == [None, None]


def test_who_has_no_name_is_called_by_its_id(submit, ada):
    campaign, group = submit(campaign=[], group=["campaign"])
    db.session.execute(text("UPDATE dsp_entities SET ref = NULL WHERE ref = 'campaign'"))

    fail(campaign)

    assert reasons(group) == [f"{campaign.id} failed: no budget"]


def test_what_another_failure_blocks_too_stays_blocked_when_one_is_tried_again(submit, ada):
    one, other, child, grandchild = submit(one=[], other=[], child=["one", "other"], grandchild=["child"])
    fail(one)
    fail(other)

    retry(one.id, ada)
    assert reasons(child, grandchild) == ["other failed: no budget"] * 2

    retry(other.id, ada)
    assert reasons(child, grandchild) == [None, None]


def test_what_is_created_below_a_failure_is_blocked_from_the_beginning(submit):
    campaign, _group = submit(campaign=[], group=["campaign"])
    fail(campaign)

    direct, below, distant = submit(direct=["campaign"], below=["direct"], distant=["group"])

    assert statuses(direct, below, distant) == [WAITING] * 3
    assert reasons(direct, below, distant) == ["campaign failed: no budget"] * 3


def test_what_waits_for_one_that_is_called_off_fails_with_that_reason(submit, ada):
    campaign, group, creative, aside = submit(campaign=[], group=["campaign"], creative=["group"], aside=[])

    cancel(campaign.id, ada)

    assert statuses(group, creative, aside) == [FAILED, FAILED, PENDING]
    assert {load(one.id).last_error for one in (group, creative)} == {"campaign was cancelled"}
    assert {load(one.id).failure for one in (group, creative)} == {Failure.DEPENDENCY}


def test_calling_off_what_has_failed_fails_those_that_it_blocked(submit, ada):
    campaign, group = submit(campaign=[], group=["campaign"])
    fail(campaign)

    cancel(campaign.id, ada)

    assert statuses(group) == [FAILED]
    assert reasons(group) == [None]


def test_trying_the_cancelled_one_again_revives_those_that_failed_with_it(submit, ada):
    campaign, group, creative = submit(campaign=[], group=["campaign"], creative=["group"])
    cancel(campaign.id, ada)

    retry(campaign.id, ada)

    assert statuses(campaign, group, creative) == [PENDING, WAITING, WAITING]
    assert {load(one.id).last_error for one in (group, creative)} == {None}
    assert {load(one.id).failure for one in (group, creative)} == {None}
    complete(campaign, group, creative)


def test_what_also_needs_another_cancelled_one_is_blocked_by_that(submit, ada):
    one, other, child = submit(one=[], other=[], child=["one", "other"])
    cancel(one.id, ada)
    cancel(other.id, ada)

    retry(one.id, ada)
    assert (statuses(child), reasons(child)) == ([WAITING], ["other was cancelled"])

    retry(other.id, ada)
    complete(one, other, child)


def test_what_failed_by_itself_is_not_revived_with_others(submit, ada):
    campaign, group, creative = submit(campaign=[], group=["campaign"], creative=["group"])
    complete(campaign)
    fail(group)

    cancel(creative.id, ada)
    retry(creative.id, ada)

    assert statuses(group, creative) == [FAILED, WAITING]
    assert reasons(creative) == ["group failed: no budget"]


def test_what_an_entity_needs_is_known_up_to_the_first(submit):
    one, two, three, _aside = submit(one=[], two=["one"], three=["two", "one"], aside=[])

    known = ancestry([three.id])

    assert {entity: set(needed) for entity, needed in known.items()} == {
        three.id: {one.id, two.id},
        two.id: {one.id},
    }


def test_a_chain_of_ten_thousand_is_walked_before_postgres_cancels_it(ada):
    wanted = [new(f"e{number}", [f"e{number - 1}"] if number else []) for number in range(10_000)]
    ids = create(ada, wanted, as_graph=True)
    first, last = load(ids[0]), load(ids[-1])

    fail(first)
    assert reasons(last) == ["e0 failed: no budget"]

    retry(first.id, ada)
    assert reasons(last) == [None]

    cancel(first.id, ada)
    retry(first.id, ada)
    assert statuses(last) == [WAITING]


def test_many_failures_above_a_wide_graph_block_it(submit):
    layers = [[f"{layer}-{n}" for n in range(40)] for layer in range(12)]
    needs = {
        name: layers[number - 1] if number else [] for number, layer in enumerate(layers) for name in layer
    }
    entities = submit(**needs)
    for entity in entities[1:40]:
        fail(entity)

    fail(entities[0])

    assert all(reasons(*entities[40::40]))
