"""What a worker runs: answers, failures, second runs, and who is told."""

import json

from rq.job import Job
from rq.timeouts import JobTimeoutException
from sqlalchemy.exc import OperationalError

from pingpong.extensions import db
from pingpong.live.publish import read_newest
from pingpong.tasks import jobs
from pingpong.tasks.dispatch import dispatch, job_id
from pingpong.tasks.models import Task
from pingpong.tasks.states import TaskStatus
from tests.conftest import changed


def submitted(kind: str = "ping", text: str = "hello") -> Task:
    task, _ = Task.submit(kind, {"text": text} if kind in {"ping", "private"} else {})
    dispatch(task)
    return task


def now(task: Task) -> Task:
    db.session.expire_all()
    return db.session.get(Task, task.id)


def told(redis, app) -> list[dict]:
    return [json.loads(update.data) for update in read_newest(redis, app.extensions["bus"], 100)]


def test_a_message_is_answered_and_every_step_is_told(app, redis, work):
    task = submitted()

    work()

    assert now(task).status is TaskStatus.DONE
    assert now(task).announced_at is not None
    news = told(redis, app)
    assert [item["status"] for item in news] == ["queued", "running", "done"]
    assert news[-1]["reply"] == "pong hello"
    assert {item["id"] for item in news} == {str(task.id)}


def test_a_message_is_answered_once_even_if_its_job_runs_twice(app, redis, work):
    task = submitted()
    work()
    answered = now(task)
    finished_at = answered.finished_at

    jobs.run(str(task.id), 1)
    app.extensions["announcer"].run_once()

    assert now(task).finished_at == finished_at
    assert now(task).attempts == 1
    assert [item["status"] for item in told(redis, app)][-2:] == ["done", "done"]


def test_a_kind_that_fails_fails_its_task_and_its_job(app, redis, work, kinds):
    @kinds.task(public=True)
    def broken(ctx) -> str:
        """Break."""
        raise ValueError("no luck")

    task = submitted("broken")

    work()

    assert now(task).status is TaskStatus.FAILED
    assert now(task).error == "ValueError: no luck"
    assert told(redis, app)[-1]["status"] == "failed"
    assert Job.fetch(job_id(task.id, 1), connection=redis).is_failed


def test_a_kind_that_takes_too_long_fails_with_a_sentence(app, work, kinds):
    @kinds.task()
    def slow(ctx) -> str:
        """Take too long."""
        raise JobTimeoutException("Task exceeded maximum timeout value")

    task = submitted("slow")

    work()

    assert now(task).status is TaskStatus.FAILED
    assert now(task).error == "It took longer than 180 seconds."


def test_a_fault_of_the_platform_leaves_the_task_open(app, work, kinds):
    @kinds.task()
    def unlucky(ctx) -> str:
        """Meet a database that goes away."""
        raise OperationalError("SELECT", {}, Exception("gone"))

    task = submitted("unlucky")

    work()

    assert now(task).is_open


def test_a_wrong_clock_of_the_host_changes_nothing(app, monkeypatch):
    task = submitted()
    monkeypatch.setattr("time.time", lambda: 0.0)

    with changed(app, ping_delay_s=0.2):
        jobs.run(str(task.id), 1)

    assert 200 <= now(task).duration_ms < 5000


def test_a_late_answer_changes_nothing(app, work, kinds):
    @kinds.task()
    def overtaken(ctx) -> str:
        """Be overtaken by another attempt."""
        with app.app_context():
            Task.claim(ctx.task_id, 2)
        return "late"

    task = submitted("overtaken")

    work()

    assert now(task).status is TaskStatus.RUNNING
    assert now(task).attempts == 2


def test_news_of_a_private_kind_is_not_told_to_everybody(app, redis, work, kinds):
    @kinds.task(public=False)
    def private(ctx, text: str) -> str:
        """Keep a secret."""
        return text

    task = submitted("private", "secret")

    work()

    assert now(task).status is TaskStatus.DONE
    assert now(task).announced_at is not None
    assert told(redis, app) == []


def test_every_key_of_a_job_expires(app, redis, work):
    submitted()
    work()

    lasting = {b"rq:queues", b"rq:workers", b"rq:finished:io", b"rq:executions"}
    forever = [key for key in redis.keys("*") if redis.ttl(key) == -1]
    assert not [key for key in forever if key not in lasting and not key.startswith(b"rq:clean_registries")]
