"""Attempts that fail: noted, followed by others after a while, and at a person's wish."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from rq import Queue
from rq.registry import ScheduledJobRegistry
from sqlalchemy import update

from pingpong.extensions import db
from pingpong.queue.worker.delayed import move_due
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.errors import TaskFailed
from pingpong.tasks.failures import failures_of
from pingpong.tasks.models import Task
from pingpong.tasks.registry import Kind
from pingpong.tasks.rescue import enqueue_lost
from pingpong.tasks.states import TaskStatus
from tests.people import some_one


@pytest.fixture
def flaky(kinds):
    """A kind that is tried three times, and fails as often as the test says."""
    fails = {"times": 0}

    @kinds.task(retries=2, backoff_s=60, max_backoff_s=90)
    def flaky(ctx) -> str:
        """Fail sometimes."""
        if ctx.attempt <= fails["times"]:
            raise ConnectionError(f"no luck at attempt {ctx.attempt}")
        return "at last"

    return fails


def submitted(kind: str = "flaky", **options) -> Task:
    task, _ = Task.submit(kind, {}, **options)
    dispatch(task)
    return task


def now(task: Task) -> Task:
    db.session.expire_all()
    return db.session.get(Task, task.id)


def make_due(task: Task) -> None:
    db.session.execute(
        update(Task).where(Task.id == task.id).values(due_at=datetime.now(UTC) - timedelta(hours=1))
    )
    db.session.commit()


def scheduled(redis) -> ScheduledJobRegistry:
    return ScheduledJobRegistry("io", connection=redis)


def test_an_attempt_that_fails_is_followed_by_another_after_a_while(app, redis, flaky, work):
    flaky["times"] = 1
    task = submitted()
    before = datetime.now(UTC)

    work()

    waiting = now(task)
    assert (waiting.status, waiting.attempts, waiting.finished_at) == (TaskStatus.QUEUED, 1, None)
    assert timedelta(0) <= waiting.due_at - before <= timedelta(seconds=61)
    [job_id] = scheduled(redis).get_job_ids()
    assert job_id == f"{task.id}_2"
    due_s = scheduled(redis).get_scheduled_time(job_id).timestamp()
    assert due_s == pytest.approx(waiting.due_at.timestamp(), abs=1)


def test_the_next_attempt_is_made_when_it_is_due(app, redis, flaky, work):
    flaky["times"] = 1
    task = submitted()
    work()

    redis.zadd(scheduled(redis).key, {f"{task.id}_2": 1})
    move_due(redis, [Queue("io", connection=redis)])
    work()

    done = now(task)
    assert (done.status, done.attempts, done.result, done.error) == (TaskStatus.DONE, 2, "at last", None)
    assert [failure.error for failure in failures_of(task.id)] == ["ConnectionError: no luck at attempt 1"]


def test_the_last_attempt_that_fails_fails_the_task(app, redis, flaky, work):
    flaky["times"] = 3
    task = submitted()
    for _ in range(3):
        work()
        redis.delete(scheduled(redis).key)
        make_due(task)
        enqueue_lost()

    failed = now(task)
    assert (failed.status, failed.attempts) == (TaskStatus.FAILED, 3)
    assert failed.error == "ConnectionError: no luck at attempt 3"
    assert [failure.attempt for failure in failures_of(task.id)] == [1, 2, 3]


def test_a_retry_that_redis_forgot_is_made_when_it_is_due_and_not_before(app, redis, flaky, work):
    flaky["times"] = 1
    task = submitted()
    work()
    redis.flushdb()

    assert enqueue_lost() == 0
    make_due(task)
    assert enqueue_lost() == 1
    work()

    assert now(task).status is TaskStatus.DONE


def test_what_cannot_succeed_is_not_tried_again_and_says_why_in_its_own_words(app, kinds, work):
    @kinds.task(retries=5)
    def hopeless(ctx) -> str:
        """Never succeed."""
        raise TaskFailed("There is no such page.")

    task = submitted("hopeless")
    work()

    assert (now(task).status, now(task).error) == (TaskStatus.FAILED, "There is no such page.")


def test_the_pause_before_a_retry_grows_and_is_never_the_same():
    kind = Kind("k", "K", print, None, "io", False, retries=10, backoff_s=2, max_backoff_s=30)

    longest = [max(kind.pause_before_retry(tries) for _ in range(300)) for tries in range(1, 11)]

    assert longest[0] <= 2 < longest[2] <= 8 < longest[9] <= 30
    assert len({kind.pause_before_retry(5) for _ in range(10)}) == 10
    assert kind.pause_before_retry(11) is None


def test_a_failed_task_is_tried_again_when_its_owner_says_so(app, flaky, work):
    ada = some_one(app)
    flaky["times"] = 3
    task = submitted(owner_id=ada.id)
    for _ in range(3):
        work()
        app.extensions["redis"].flushdb()
        make_due(task)
        enqueue_lost()

    response = ada.browser.post(f"/api/tasks/results/{task.id}/retry/", headers=ada.csrf)
    assert response.status_code == 202
    assert response.json["status"] == "queued"
    assert response.json["error"] is None
    work()

    assert (now(task).status, now(task).attempts, now(task).tries) == (TaskStatus.DONE, 4, 1)


def test_a_task_that_was_tried_often_has_all_its_tries_again(app, flaky, work):
    task = submitted()
    db.session.execute(
        update(Task).values(attempts=9, attempts_forgiven=0, status="failed", finished_at=datetime.now(UTC))
    )
    db.session.commit()

    now(task).retry()

    assert enqueue_lost() == 1
    assert now(task).is_open


def test_of_two_retries_at_once_one_is_made(app, flaky, work):
    flaky["times"] = 9
    task = submitted()
    for _ in range(3):
        work()
        make_due(task)
        app.extensions["redis"].flushdb()
        enqueue_lost()
    ada = some_one(app, is_admin=True)
    statuses = []

    def ask() -> None:
        response = app.test_client().post(f"/api/tasks/results/{task.id}/retry/", headers=ada.bearer)
        statuses.append(response.status_code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(statuses) == [202, 409, 409, 409]


@pytest.mark.parametrize("status", ["queued", "running", "done"])
def test_only_what_has_failed_is_tried_again(app, flaky, status):
    ada = some_one(app)
    task = submitted(owner_id=ada.id)
    db.session.execute(update(Task).values(status=status))
    db.session.commit()

    response = ada.browser.post(f"/api/tasks/results/{task.id}/retry/", headers=ada.csrf)

    assert response.status_code == 409


def test_owners_read_why_an_attempt_failed_and_administrators_where(app, flaky, work):
    ada, root = some_one(app), some_one(app, is_admin=True)
    flaky["times"] = 1
    task = submitted(owner_id=ada.id)
    work()

    def failures(person) -> list[dict]:
        return person.browser.get(f"/api/tasks/results/{task.id}/failures/").json["items"]

    [seen] = failures(ada)
    assert (seen["attempt"], seen["error"], seen["trace"]) == (
        1,
        "ConnectionError: no luck at attempt 1",
        None,
    )
    assert "Traceback" in failures(root)[0]["trace"]
    assert "test_retries.py" in failures(root)[0]["trace"]


def test_an_error_that_cannot_be_stored_is_stored_as_far_as_it_can(app, kinds, work):
    @kinds.task()
    def odd(ctx) -> str:
        """Fail oddly."""
        raise ValueError("a\0b")

    task = submitted("odd")
    work()

    assert now(task).error == "ValueError: a\N{REPLACEMENT CHARACTER}b"
