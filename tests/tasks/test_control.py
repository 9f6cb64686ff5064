"""Calling tasks off."""

import json
import threading

import pytest
from redis.exceptions import ConnectionError as Away
from rq import Queue

from pingpong.extensions import db
from pingpong.live.publish import read_newest
from pingpong.tasks import jobs
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.models import Task
from pingpong.tasks.states import TaskStatus
from tests.people import some_one


@pytest.fixture
def ada(app):
    return some_one(app)


@pytest.fixture
def _eager(monkeypatch):
    """Progress is told each time."""
    monkeypatch.setattr("pingpong.tasks.context.PROGRESS_EVERY_S", 0)


def submitted(person, kind: str = "ping") -> Task:
    task, _ = Task.submit(kind, {"text": "hello"} if kind == "ping" else {}, owner_id=person.id)
    dispatch(task)
    return task


def now(task: Task) -> Task:
    db.session.expire_all()
    return db.session.get(Task, task.id)


def cancel(person, task: Task):
    return person.browser.post(f"/api/tasks/results/{task.id}/cancel/", headers=person.csrf)


def test_a_task_that_waits_is_called_off_at_once_and_its_job_is_gone(app, redis, ada, work):
    task = submitted(ada)

    response = cancel(ada, task)

    assert response.json["status"] == "cancelled"
    assert response.json["finished_at"] is not None
    assert Queue("io", connection=redis).job_ids == []
    work()
    assert now(task).attempts == 0


def test_it_is_told_once(app, redis, ada):
    task = submitted(ada)
    cancel(ada, task)

    told = [json.loads(update.data)["status"] for update in read_newest(redis, app.extensions["bus"], 10)]
    assert told == ["queued", "cancelled"]
    assert now(task).announced_at is not None


def test_a_job_that_comes_all_the_same_does_nothing(app, ada):
    task = submitted(ada)
    cancel(ada, task)

    jobs.run(str(task.id), 1)

    assert (now(task).status, now(task).attempts) == (TaskStatus.CANCELLED, 0)


def test_the_answer_of_a_task_called_off_meanwhile_changes_nothing(app, ada, kinds, work):
    @kinds.task()
    def called_off(ctx) -> str:
        """Be called off."""
        with app.app_context():
            assert cancel(ada, db.session.get(Task, ctx.task_id)).status_code == 200
        return "too late"

    task = submitted(ada, "called_off")
    work()

    assert (now(task).status, now(task).result) == (TaskStatus.CANCELLED, None)


@pytest.mark.usefixtures("_eager")
def test_work_that_tells_its_progress_is_stopped_by_that(app, ada, kinds, work):
    reached = []

    @kinds.task()
    def long(ctx) -> str:
        """Take long."""
        ctx.progress(10)
        reached.append(10)
        with app.app_context():
            cancel(ada, db.session.get(Task, ctx.task_id))
        ctx.progress(20)
        reached.append(20)
        return "done"

    task = submitted(ada, "long")
    work()

    assert reached == [10]
    assert (now(task).status, now(task).progress) == (TaskStatus.CANCELLED, 10)


@pytest.mark.usefixtures("_eager")
def test_progress_is_kept_and_told(app, redis, ada, kinds, work):
    @kinds.task()
    def steady(ctx) -> str:
        """Go on steadily."""
        for percent in (25, 75):
            ctx.progress(percent)
        return "done"

    submitted(ada, "steady")
    work()

    told = [json.loads(update.data) for update in read_newest(redis, app.extensions["bus"], 10)]
    assert [(news["status"], news["progress"]) for news in told] == [
        ("queued", 0),
        ("running", 0),
        ("running", 25),
        ("running", 75),
        ("done", 100),
    ]


def test_what_has_ended_is_not_called_off(app, ada, work):
    task = submitted(ada)
    work()

    assert cancel(ada, task).status_code == 409
    assert now(task).status is TaskStatus.DONE


def test_of_two_who_call_it_off_at_once_one_does(app, ada):
    task = submitted(ada)
    statuses = []

    def ask() -> None:
        response = app.test_client().post(f"/api/tasks/results/{task.id}/cancel/", headers=ada.bearer)
        statuses.append(response.status_code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(statuses) == [200, 409, 409, 409]


def test_an_answer_and_a_call_off_at_once_have_one_outcome(app, ada, work):
    for _ in range(10):
        task = submitted(ada)
        running, _ = Task.claim(task.id, 1)
        outcomes = []

        def answer(running=running, outcomes=outcomes) -> None:
            with app.app_context():
                outcomes.append(running.answer("pong"))

        thread = threading.Thread(target=answer)
        thread.start()
        response = app.test_client().post(f"/api/tasks/results/{task.id}/cancel/", headers=ada.bearer)
        thread.join(10)

        assert outcomes == [response.status_code == 409]
        assert now(task).status is (TaskStatus.DONE if outcomes[0] else TaskStatus.CANCELLED)


def test_without_redis_a_task_is_called_off_all_the_same(app, ada, monkeypatch):
    task = submitted(ada)

    def away(*_args: object, **_options: object) -> None:
        raise Away

    monkeypatch.setattr("pingpong.tasks.control.Job.fetch", away)
    monkeypatch.setattr("pingpong.tasks.announcer.publish", away)

    assert cancel(ada, task).status_code == 200
    assert now(task).status is TaskStatus.CANCELLED
    assert now(task).announced_at is None


def test_a_task_that_was_called_off_can_be_tried_again(app, ada, work):
    task = submitted(ada)
    cancel(ada, task)

    ada.browser.post(f"/api/tasks/results/{task.id}/retry/", headers=ada.csrf)
    work()

    assert now(task).status is TaskStatus.DONE


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_nobody_else_calls_off_or_tries_again(app, client, ada, kinds, verb):
    @kinds.task()
    def private(ctx) -> str:
        """Be private."""
        return ""

    @kinds.task(public=True)
    def ping(ctx, text: str) -> str:
        """Be public."""
        return ""

    eve = some_one(app)
    own, public = (f"/api/tasks/results/{submitted(ada, kind).id}/{verb}/" for kind in ("private", "ping"))

    assert eve.browser.post(own, headers=eve.csrf).status_code == 404
    assert eve.browser.post(public, headers=eve.csrf).status_code == 403
    assert client.post(own).status_code == 401
    assert ada.browser.post(own).status_code == 403  # without the CSRF token
