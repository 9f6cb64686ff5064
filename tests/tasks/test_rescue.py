"""The rescuer: Redis may lose everything at any moment, and no accepted message is lost."""

import json

import pytest
from rq import Queue, SimpleWorker

from pingpong.extensions import db
from pingpong.live.publish import read_newest
from pingpong.queue import rescue
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.models import Task
from pingpong.tasks.rescue import announce_forgotten, enqueue_lost
from pingpong.tasks.states import TaskStatus
from tests.conftest import changed
from tests.waiting import wait_until


def submitted() -> Task:
    return Task.submit("ping", {"text": "hello"})[0]


def now(task: Task) -> Task:
    db.session.expire_all()
    return db.session.get(Task, task.id)


def waiting(redis) -> int:
    return Queue("io", connection=redis).count


def test_an_accepted_message_without_a_job_is_enqueued_and_answered(app, redis, work):
    task = submitted()

    assert wait_until(enqueue_lost) == 1
    work()

    assert now(task).status is TaskStatus.DONE


def test_work_that_redis_forgot_is_enqueued_again(app, redis, work):
    task = submitted()
    dispatch(task)
    redis.flushdb()

    assert wait_until(enqueue_lost) == 1
    work()

    assert now(task).status is TaskStatus.DONE
    assert now(task).attempts == 1


def test_a_running_task_that_lost_its_job_is_tried_again(app, redis, work):
    task = submitted()
    Task.claim(task.id, 1)

    assert wait_until(enqueue_lost) == 1
    work()

    assert now(task).status is TaskStatus.DONE
    assert now(task).attempts == 2


def test_a_task_that_was_tried_too_often_is_given_up_and_told(app, redis, work):
    task = submitted()
    for attempt in (1, 2):
        Task.claim(task.id, attempt)

    with changed(app, task_max_attempts=2):
        assert wait_until(enqueue_lost) == 1
    work()

    assert now(task).status is TaskStatus.FAILED
    assert now(task).error == "Given up: the last of 2 attempts broke off unfinished."
    assert now(task).announced_at is not None
    [news] = read_newest(redis, app.extensions["bus"], 100)
    assert json.loads(news.data)["status"] == "failed"


def test_a_last_attempt_that_is_still_at_work_is_left_alone(app, redis):
    task = submitted()
    dispatch(task)
    Task.claim(task.id, 1)

    with changed(app, task_max_attempts=1):
        assert enqueue_lost() == 0

    assert now(task).status is TaskStatus.RUNNING


def test_a_task_of_a_kind_that_is_gone_fails_and_says_so(app, work):
    task, _ = Task.submit("abolished", {})

    assert wait_until(enqueue_lost) == 1
    work()

    assert now(task).status is TaskStatus.FAILED
    assert "abolished" in now(task).error


def test_work_that_waits_is_left_alone(app, redis):
    task = submitted()
    dispatch(task)

    assert enqueue_lost() == 0
    assert waiting(redis) == 1


def test_work_in_progress_is_left_alone(app, redis, monkeypatch):
    found = []
    monkeypatch.setattr("pingpong.tasks.jobs._perform", lambda *_: found.append(enqueue_lost()) or "pong")
    dispatch(submitted())

    SimpleWorker([Queue("io", connection=redis)], connection=redis).work(burst=True)

    assert found == [0]


def test_what_was_just_submitted_is_left_alone(app):
    submitted()

    with changed(app, rescue_after_s=60):
        assert enqueue_lost() == 0


def test_many_lost_tasks_are_all_found_whatever_the_batch(app, redis):
    for _ in range(7):
        submitted()
    dispatch(submitted())

    with changed(app, rescue_batch=3):
        assert wait_until(lambda: enqueue_lost() or None) == 7
    assert waiting(redis) == 8


def test_an_answer_that_nobody_was_told_of_is_told(app, redis):
    task, _ = Task.claim(submitted().id, 1)
    task.answer("pong hello")

    assert wait_until(announce_forgotten) == 1
    assert announce_forgotten() == 0

    assert redis.xlen(app.extensions["bus"].stream) == 1
    assert now(task).announced_at is not None


def test_forgotten_news_of_a_private_kind_is_noted_and_not_told_to_everybody(app, redis, monkeypatch):
    task, _ = Task.claim(submitted().id, 1)
    task.answer("pong hello")
    monkeypatch.setattr("pingpong.tasks.schemas.registry.is_public", lambda _kind: False)

    assert wait_until(announce_forgotten) == 1

    assert redis.xlen(app.extensions["bus"].stream) == 0
    assert now(task).announced_at is not None


def test_a_rescue_that_fails_does_not_keep_the_others_from_theirs(monkeypatch):
    called = []

    def failing() -> int:
        raise LookupError("no luck")

    monkeypatch.setattr(rescue, "_rescues", [failing, lambda: called.append(1) or 1])

    with pytest.raises(LookupError):
        rescue.run_once()

    assert called == [1]


def test_a_rescue_says_how_much_was_put_right(monkeypatch):
    monkeypatch.setattr(rescue, "_rescues", [lambda: 2, lambda: 3])

    assert rescue.run_once() == 5
