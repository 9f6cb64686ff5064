"""What the event log tells of tasks."""

import pytest
from uuid_utils.compat import uuid7

from pingpong.clock import DatabaseClock
from pingpong.errors import Conflict
from pingpong.extensions import db
from pingpong.origin import on_behalf_of
from pingpong.tasks import bulk
from pingpong.tasks.idempotency import IdempotencyKey
from pingpong.tasks.intents import Claim, Failure, NewTask, Outcome
from pingpong.tasks.models import Task
from tests.people import some_one
from tests.recorded import outbox

AFTER_A_RETRY = {"task.retried", "task.answered"}


def types() -> list[str]:
    return [event.event_type for event in outbox()]


def claimed(attempt: int = 1, **options: object) -> Task:
    task, _ = Task.submit("ping", {"text": "a secret of hers"}, **options)
    begun = Task.claim(task.id, attempt)
    assert begun
    return begun[0]


def test_a_ping_is_told_from_its_submit_to_its_answer(app):
    task = claimed()
    task.answer("pong")

    assert types() == ["task.submitted", "task.started", "task.answered"]


def test_an_answer_says_how_long_it_took(app):
    task = claimed()
    task.answer("pong")

    context = outbox()[-1].context
    assert context == {
        "task_id": str(task.id),
        "kind": "ping",
        "attempt": 1,
        "duration_ms": task.duration_ms,
    }


def test_each_move_is_told_as_its_type_declares(app):
    task = claimed()
    task.advance(10)
    task.fail(Failure("broke"), retry_in_s=1.5)
    again = Task.claim(task.id, 2)[0]
    again.fail(Failure("broke"))
    again.retry()
    again.cancel()

    assert types()[2:] == [
        "task.advanced",
        "task.attempt_failed",
        "task.started",
        "task.failed",
        "task.retried",
        "task.cancelled",
    ]


def test_the_second_of_two_claims_is_not_told(app):
    task = claimed()
    task.answer("pong")

    assert Task.claim(task.id, 1) is None
    assert not task.answer("pong")
    assert types().count("task.started") == types().count("task.answered") == 1


def test_a_move_that_is_refused_is_not_told(app):
    task = claimed()
    task.answer("pong")

    with pytest.raises(Conflict):
        task.cancel()
    assert "task.cancelled" not in types()


def test_a_repeated_submit_is_told_once(app):
    key = IdempotencyKey("somebody", "key", "fingerprint")

    Task.submit("ping", {"text": "hello"}, key)
    Task.submit("ping", {"text": "hello"}, key)

    assert types() == ["task.submitted"]


def test_a_task_is_told_of_its_owner(app):
    ada = some_one(app)
    task = claimed(owner_id=ada.id)
    task.fail(Failure("broke"))

    assert {event.actor_id for event in outbox() if event.event_type.startswith("task.")} == {ada.id}


def test_an_event_knows_the_request_that_it_comes_from(client):
    client.post("/submit/", json={"message": "hello"}, headers={"X-Request-ID": "one-of-mine"})

    assert [event.request_id for event in outbox()] == ["one-of-mine"]


def test_what_people_wrote_is_in_no_event(app):
    task = claimed()
    task.fail(Failure("a secret of hers"), retry_in_s=1)

    assert not [event for event in outbox() if "secret" in str(event.context)]


def test_what_stands_twice_in_a_batch_is_told_once(app):
    task, _ = Task.submit("ping", {"text": "hello"})

    began = bulk.claim([Claim(task.id, 1), Claim(task.id, 1)], DatabaseClock())
    ended = bulk.finish([Outcome(task.id, 1, {"it": "is"}), Outcome(task.id, 1, {"it": "is not"})])

    assert [one is not None for one in began] == [one is not None for one in ended] == [True, False]
    assert types() == ["task.submitted", "task.started", "task.answered"]
    assert db.session.get(Task, task.id).result == {"it": "is"}


def test_an_attempt_that_is_late_gets_nothing_of_the_one_that_answers(app):
    task, _ = Task.submit("ping", {"text": "hello"})
    bulk.claim([Claim(task.id, 1)], DatabaseClock())
    bulk.claim([Claim(task.id, 2)], DatabaseClock())

    late, own = bulk.finish([Outcome(task.id, 1, "a"), Outcome(task.id, 2, "b")])

    assert (late, own["result"]) == (None, "b")


def test_many_at_once_are_told_each(app):
    bulk.store([NewTask(uuid7(), "ping", {"text": "hello"}) for _ in range(3)])

    assert types() == ["task.submitted"] * 3


def test_of_two_attempts_in_a_batch_that_which_begins_is_told(app):
    task, _ = Task.submit("ping", {"text": "hello"})

    bulk.claim([Claim(task.id, 1), Claim(task.id, 2)], DatabaseClock())

    assert types() == ["task.submitted", "task.started"]


def test_what_somebody_else_asked_for_is_told_of_them(app):
    ada, root = some_one(app), some_one(app, is_admin=True)
    task = claimed(owner_id=ada.id)
    task.fail(Failure("broke"))

    with on_behalf_of(user_id=root.id):  # as it is in the request, and then in its job
        task.retry()
        Task.claim(task.id, 2)[0].answer("pong")

    assert {event.actor_id for event in outbox() if event.event_type in AFTER_A_RETRY} == {root.id}
