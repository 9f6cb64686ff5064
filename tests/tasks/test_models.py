"""`Task` and its verbs: each is one transaction, and what may not be changes nothing."""

import threading
import time
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import update

from pingpong.errors import InvalidInput
from pingpong.extensions import db
from pingpong.tasks.idempotency import IdempotencyKey, UsedKey, forget_expired
from pingpong.tasks.intents import Failure
from pingpong.tasks.models import Task
from pingpong.tasks.states import TaskStatus
from tests.conftest import changed

KEY = IdempotencyKey("address:1", "key", "fingerprint")


def submitted(text: str = "hello") -> Task:
    return Task.submit("ping", {"text": text})[0]


def claimed() -> Task:
    return Task.claim(submitted().id, 1)[0]


def reloaded(task: Task) -> Task:
    db.session.expire_all()
    return db.session.get(Task, task.id)


def test_a_submitted_task_is_queued_with_the_databases_time(app):
    task = submitted()

    assert task.status is TaskStatus.QUEUED
    assert task.attempts == 0
    assert db.session.scalar(db.func.clock_timestamp()) >= task.submitted_at
    assert reloaded(task).params == {"text": "hello"}


def test_a_claimed_task_runs_and_knows_its_age(app):
    task, submitted_at_s = Task.claim(submitted().id, 1)

    assert task.status is TaskStatus.RUNNING
    assert task.attempts == 1
    assert task.started_at >= task.submitted_at
    assert 0 <= time.monotonic() - submitted_at_s < 60


def test_an_answered_task_is_done(app):
    task = claimed()

    assert task.answer("pong hello")

    assert task.status is TaskStatus.DONE
    assert (task.result, task.progress) == ("pong hello", 100)
    assert task.duration_ms == round((task.finished_at - task.submitted_at).total_seconds() * 1000)
    assert not task.is_open


def test_an_answer_that_took_months_has_a_duration_too(app):
    task = claimed()
    db.session.execute(update(Task).values(submitted_at=Task.submitted_at - timedelta(days=90)))
    db.session.commit()

    assert task.answer("pong at last")

    assert task.duration_ms >= 90 * 24 * 3600 * 1000


def test_a_failed_task_says_why(app):
    task = claimed()

    assert task.fail(Failure("no luck"))

    assert task.status is TaskStatus.FAILED
    assert task.error == "no luck"


def test_a_task_is_answered_once(app):
    task = claimed()
    first = task.answer("first")
    second = task.answer("second")

    assert (first, second) == (True, False)
    assert reloaded(task).result == "first"


def test_a_job_that_was_given_back_may_claim_its_attempt_again(app):
    task = claimed()

    assert Task.claim(task.id, 1) is not None


def test_a_beginning_that_a_crash_of_postgres_has_undone_is_made_again(app):
    task = claimed()
    db.session.execute(update(Task).values(status=TaskStatus.QUEUED, attempts=0, started_at=None))
    db.session.commit()
    assert not task.answer("pong of the attempt that nobody knows of")

    again, _ = Task.claim(task.id, 1)

    assert again.answer("pong hello")


def test_an_older_attempt_may_not_claim_nor_answer(app):
    late = claimed()
    Task.claim(late.id, 2)

    assert Task.claim(late.id, 1) is None
    assert not late.answer("too late")
    assert reloaded_by_id(late.id).status is TaskStatus.RUNNING


def reloaded_by_id(task_id: uuid.UUID) -> Task:
    db.session.expire_all()
    return db.session.get(Task, task_id)


@pytest.mark.parametrize("end", [lambda task: task.answer("x"), lambda task: task.fail(Failure("x"))])
def test_a_finished_task_cannot_be_claimed(app, end):
    task = claimed()
    end(task)

    assert Task.claim(task.id, 1) is None
    assert Task.claim(task.id, 2) is None


def test_an_unknown_task_cannot_be_claimed(app):
    assert Task.claim(uuid.uuid4(), 1) is None


def test_of_two_workers_with_the_same_task_one_answers(app):
    task_id = submitted().id
    answers = []

    def attempt(task: Task) -> None:
        with app.app_context():
            answers.append(task.answer("pong"))

    tasks = [Task.claim(task_id, 1)[0] for _ in range(2)]
    threads = [threading.Thread(target=attempt, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert sorted(answers) == [False, True]


def test_a_key_used_again_returns_the_first_task(app):
    first, is_new = Task.submit("ping", {"text": "hello"}, KEY)
    again, is_new_again = Task.submit("ping", {"text": "hello"}, KEY)

    assert (is_new, is_new_again) == (True, False)
    assert again.id == first.id
    assert Task.query.count() == 1


def test_a_key_used_for_other_work_leaves_nothing_behind(app):
    Task.submit("ping", {"text": "hello"}, KEY)

    with pytest.raises(InvalidInput):
        Task.submit("ping", {"text": "other"}, IdempotencyKey("address:1", "key", "other fingerprint"))

    assert Task.query.count() == 1


def test_of_many_submits_with_one_key_at_once_one_is_stored(app):
    ids = []

    def submit() -> None:
        with app.app_context():
            ids.append(Task.submit("ping", {"text": "hello"}, KEY)[0].id)

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert Task.query.count() == 1


def test_an_expired_key_may_be_used_for_other_work(app):
    first, _ = Task.submit("ping", {"text": "hello"}, KEY)

    with changed(app, idempotency_ttl_s=0):
        other, is_new = Task.submit("ping", {"text": "x"}, IdempotencyKey("address:1", "key", "other"))

    assert is_new
    assert other.id != first.id


def test_expired_keys_are_forgotten_and_their_tasks_kept(app):
    Task.submit("ping", {"text": "hello"}, KEY)
    assert forget_expired() == 0

    with changed(app, idempotency_ttl_s=0):
        assert forget_expired() == 1

    assert UsedKey.query.count() == 0
    assert Task.query.count() == 1
