"""What submissions record: how they move, by whose doing, and no word of what they say."""

import json

import pytest
from sqlalchemy.exc import OperationalError

from pingpong.accounts.models import User
from pingpong.dsp import control, settling
from pingpong.dsp.answers import Accepted, Fault, StillPending, Succeeded
from pingpong.dsp.changing import change
from pingpong.dsp.creating import create
from pingpong.dsp.settling import Exchange, settle, settle_unanswered
from pingpong.dsp.states import Action
from pingpong.errors import Conflict, InvalidInput, NotFound
from tests.dsp.conftest import load, make_due, new
from tests.dsp.graph import answered, claimed, complete, fail
from tests.people import PASSWORD, some_address, some_one
from tests.recorded import outbox, recorded, recording


def facts(events):
    """The types, each with the entity."""
    return [(one.event_type, one.context["entity_id"]) for one in events]


def asked(action=Action.SUBMIT, **fields):
    return Exchange(action, "POST", "http://dsp/v1/campaign", None, **fields)


def test_each_entity_of_a_graph_is_created(ada):
    with recording() as events:
        parent, child = create(ada, [new("parent", []), new("child", ["parent"])], as_graph=True)

    assert [(one.event_type, one.context, one.actor_id) for one in events] == [
        (
            "entity.created",
            {
                "entity_id": str(entity_id),
                "entity_type": "campaign",
                "status": status,
                "dependencies": dependencies,
            },
            ada.id,
        )
        for entity_id, status, dependencies in [(parent, "pending", 0), (child, "waiting", 1)]
    ]


def test_more_than_one_statement_takes_are_all_recorded(ada, monkeypatch):
    monkeypatch.setattr("pingpong.eventlog.recording.AT_ONCE", 2)
    with recording() as events:
        ids = create(ada, [new(f"e{n}", []) for n in range(5)], as_graph=True)

    assert facts(events) == [("entity.created", str(id_)) for id_ in ids]


def test_what_is_born_blocked_is_blocked(ada, mine):
    fail(mine)
    with recording() as events:
        (child,) = create(ada, [new("child", ["mine"])], as_graph=True)

    assert facts(events) == [("entity.created", str(child)), ("entity.blocked", str(child))]


def test_a_graph_that_is_refused_is_no_event(ada):
    with recording() as events, pytest.raises(InvalidInput):
        create(ada, [new("a", []), new("b", ["nothing"])], as_graph=True)

    assert events == []


def test_a_request_to_create_carries_its_id(app):
    ada = some_one(app)
    with recording() as events:
        response = ada.browser.post(
            "/api/dsp/entities/",
            json={"entity_type": "campaign", "payload": {}},
            headers={**ada.csrf, "X-Request-ID": "a-request"},
        )

    assert response.status_code == 201, response.json
    assert [(one.actor_id, one.request_id) for one in events] == [(ada.id, "a-request")]


def test_an_answer_and_what_it_means_are_recorded(mine):
    with recording() as events:
        settle(claimed(mine.id), asked(http_status=201, duration_ms=12), Accepted("remote"))

    answer, submitted = events
    assert answer.event_type == "request.answered"
    assert answer.context == {
        "entity_id": str(mine.id),
        "action": "submit",
        "attempt": 1,
        "outcome": "accepted",
        "http_status": 201,
        "duration_ms": 12,
        "backoff_s": None,
        "retry_after_s": None,
        "is_outage": False,
    }
    assert submitted.event_type == "entity.submitted"
    assert submitted.context == {"entity_id": str(mine.id), "attempts": 1}
    assert {one.actor_id for one in events} == {None}


def test_a_completed_entity_releases_what_waited_for_it(submit):
    parent, child, other = submit(parent=[], child=["parent"], other=["parent", "child"])
    with recording() as events:
        answered(parent, Accepted("remote"), StillPending(), Succeeded())

    assert [kind for kind, _ in facts(events)] == [
        "request.answered",
        "entity.submitted",
        "request.answered",
        "request.answered",
        "entity.completed",
        "entity.released",
    ]
    assert [one.context["outcome"] for one in events if one.event_type == "request.answered"] == [
        "accepted",
        "pending",
        "succeeded",
    ]
    assert events[4].context == {"entity_id": str(parent.id), "attempts": 1, "polls": 2}
    assert events[5].context == {"entity_id": str(child.id)}
    assert str(other.id) not in json.dumps([one.context for one in events])


def test_a_failure_blocks_all_that_wait(submit):
    parent, child, grandchild = submit(parent=[], child=["parent"], grandchild=["child"])
    with recording() as events:
        fail(parent)

    answer, failed, *blocked = events
    assert answer.context["outcome"] == "refused"
    assert failed.event_type == "entity.failed"
    assert failed.context == {"entity_id": str(parent.id), "failure": "refused"}
    assert sorted(facts(blocked)) == sorted(
        [("entity.blocked", str(child.id)), ("entity.blocked", str(grandchild.id))]
    )


def test_a_fault_is_only_an_answer_until_it_is_the_last(dsp, mine):
    patience = dsp.extensions["settings"].dsp_max_attempts
    with recording() as events:
        answered(mine, *[Fault("away", is_outage=True)] * patience)

    answers = [one.context for one in events if one.event_type == "request.answered"]
    assert [one["attempt"] for one in answers] == list(range(1, patience + 1))
    assert all(one["is_outage"] for one in answers)
    assert answers[0]["backoff_s"] is not None
    assert events[-1].context == {"entity_id": str(mine.id), "failure": "unanswered"}


def test_an_answer_that_comes_too_late_changes_nothing_and_is_recorded(mine):
    late = claimed(mine.id)
    claimed(mine.id)
    with recording() as events:
        settle(late, asked(http_status=201), Accepted("remote"))
        settle_unanswered(late, asked(), "nobody knows")

    assert facts(events) == [("request.answered", str(mine.id))]


def test_an_answer_for_a_cancelled_entity_does_not_move_it(ada, mine):
    claim = claimed(mine.id)
    control.cancel(mine.id, ada)
    with recording() as events:
        settle(claim, asked(http_status=201), Accepted("remote"))

    assert facts(events) == [("request.answered", str(mine.id))]


def test_an_answer_whose_keeping_fails_at_first_is_recorded_once(mine, monkeypatch):
    left = iter([OperationalError("", {}, Exception("away")), None])
    original = settling._consequences

    def stumble(*arguments):
        if error := next(left):
            raise error
        return original(*arguments)

    monkeypatch.setattr(settling, "_consequences", stumble)
    with recording() as events:
        settle(claimed(mine.id), asked(http_status=201), Accepted("remote"))

    assert [kind for kind, _ in facts(events)] == ["request.answered", "entity.submitted"]


def test_cancelling_fails_what_waits_and_another_try_revives_it(ada, submit):
    parent, child = submit(parent=[], child=["parent"])
    with recording() as cancelling:
        control.cancel(parent.id, ada)
    with recording() as retrying:
        control.retry(parent.id, ada)

    cancelled, failed = cancelling
    assert cancelled.event_type == "entity.cancelled"
    assert cancelled.context == {"entity_id": str(parent.id), "was": "pending"}
    assert failed.context == {"entity_id": str(child.id), "failure": "dependency"}
    retried, revived = retrying
    assert retried.event_type == "entity.retried"
    assert retried.context == {
        "entity_id": str(parent.id),
        "was": "cancelled",
        "status": "pending",
        "submission": 1,
    }
    assert facts([revived]) == [("entity.revived", str(child.id))]
    assert {one.actor_id for one in [*cancelling, *retrying]} == {ada.id}


def test_another_try_unblocks_what_waits(ada, submit):
    parent, child = submit(parent=[], child=["parent"])
    fail(parent)
    with recording() as events:
        control.retry(parent.id, ada)

    assert facts(events) == [("entity.retried", str(parent.id)), ("entity.unblocked", str(child.id))]
    assert events[0].context["submission"] == 2


def test_only_what_is_other_than_before_is_changed(ada, submit):
    first, second = submit(first=[], second=[])
    with recording() as events:
        change(second.id, ada, {"name": "second"}, [])
        change(second.id, ada, {"name": "else"}, None)
        change(second.id, ada, {"name": "else"}, ["@first"])

    assert [(one.context["parts"], one.context["status"]) for one in events] == [
        (["payload"], "pending"),
        (["depends_on"], "waiting"),
    ]
    assert {(one.event_type, one.actor_id) for one in events} == {("entity.changed", ada.id)}
    assert first.id != second.id


def test_who_is_made_to_wait_for_what_has_failed_is_blocked(ada, submit):
    first, second = submit(first=[], second=[])
    fail(first)
    with recording() as events:
        change(second.id, ada, None, ["@first"])

    assert facts(events) == [("entity.changed", str(second.id)), ("entity.blocked", str(second.id))]


def test_what_is_refused_is_no_event(ada, mine, other):
    stranger = User.register(email=some_address(), password=PASSWORD)
    complete(mine)
    with recording() as events:
        for refused in (
            lambda: control.retry(mine.id, ada),
            lambda: control.cancel(mine.id, ada),
            lambda: change(mine.id, ada, {"name": "else"}, None),
            lambda: control.cancel(other.id, stranger),
        ):
            with pytest.raises((Conflict, NotFound)):
                refused()

    assert events == []


def test_of_many_only_those_with_which_it_was_done_are_recorded(ada, mine, other):
    control.cancel(mine.id, ada)
    with recording() as events:
        control.each(control.cancel, [mine.id, other.id], ada)

    assert facts(events) == [("entity.cancelled", str(other.id))]


def test_a_whole_journey_is_recorded_without_a_word_of_people(dsp, party, ada, turn):
    parent, child = create(
        ada,
        [
            new("zz-parent", [], payload={"name": "zz-payload"}),
            new("zz-child", ["zz-parent"], payload={"id": {"$ref": "zz-parent.remote_id"}}),
        ],
        as_graph=True,
    )
    for _ in range(6):
        make_due()
        turn()
    control.cancel(create(ada, [new("zz-other", [])], as_graph=True)[0], ada)

    assert load(child).status == "completed"
    assert [one["entity_id"] for one in recorded("entity.completed")] == [str(parent), str(child)]
    contexts = json.dumps([one.context for one in outbox()])
    assert "zz" not in contexts
    assert load(parent).remote_id not in contexts
    assert party.url not in contexts
