"""After the commit: enqueue and tell, and do without Redis if need be."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import redis as redis_py
from rq import Queue
from rq.job import Job
from structlog.testing import capture_logs

from pingpong.extensions import db
from pingpong.origin import on_behalf_of
from pingpong.redis_client import connect
from pingpong.tasks.dispatch import dispatch, enqueue_again, enqueue_due
from pingpong.tasks.models import Task


def test_a_dispatched_task_waits_in_its_queue_and_is_told_of(app, redis):
    task, _ = Task.submit("ping", {"text": "hello"})

    dispatch(task)

    assert Queue("io", connection=redis).job_ids == [f"{task.id}_1"]
    assert redis.xlen(app.extensions["bus"].stream) == 1


def test_dispatching_takes_one_round_trip(app, redis, monkeypatch):
    task, _ = Task.submit("ping", {"text": "hello"})
    dispatch(Task.submit("ping", {"text": "first"})[0])
    executed = []
    execute = redis_py.client.Pipeline.execute
    monkeypatch.setattr(
        redis_py.client.Pipeline, "execute", lambda self, *args: executed.append(self) or execute(self, *args)
    )
    monkeypatch.setattr(redis_py.Redis, "execute_command", lambda *args, **_: executed.append(args))

    dispatch(task)

    assert len(executed) == 1


def test_a_message_is_accepted_while_redis_is_away(app, client, settings):
    nowhere = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    kept, app.extensions["redis"] = app.extensions["redis"], connect(nowhere)
    try:
        response = client.post("/submit/", json={"message": "hello"})
    finally:
        app.extensions["redis"] = kept

    assert response.status_code == 202
    assert db.session.get(Task, response.json["id"]) is not None


def test_a_job_carries_the_request_and_the_person_though_another_thread_enqueues_it(app, redis):
    task, _ = Task.submit("ping", {"text": "hello"})
    person = uuid4()

    with on_behalf_of(request_id="abc", user_id=person):
        dispatch(task)

    meta = Job.fetch(f"{task.id}_1", connection=redis).meta
    assert meta == {"kind": "ping", "task_id": str(task.id), "request_id": "abc", "user_id": str(person)}


def test_the_next_attempts_job_carries_what_the_first_did_and_knows_its_queue(app, redis):
    task, _ = Task.submit("ping", {"text": "hello"})
    task.due_at = datetime.now(UTC)

    with on_behalf_of(request_id="abc"):
        enqueue_due(task)

    job = Job.fetch(f"{task.id}_1", connection=redis)
    assert (job.meta["request_id"], job.origin) == ("abc", "io")


def test_a_task_that_is_rescued_carries_no_request(app, redis):
    task, _ = Task.submit("ping", {"text": "hello"})

    with on_behalf_of():
        enqueue_again([(task.id, task.kind, 0)])

    assert Job.fetch(f"{task.id}_1", connection=redis).meta == {"kind": "ping", "task_id": str(task.id)}


@pytest.mark.parametrize("is_there", [True, False])
def test_that_a_task_was_accepted_is_logged_and_whether_its_job_waits(app, settings, is_there):
    task, _ = Task.submit("ping", {"text": "a private text"})
    nowhere = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    kept = app.extensions["redis"]
    app.extensions["redis"] = kept if is_there else connect(nowhere)
    try:
        with capture_logs() as lines:
            dispatch(task)
    finally:
        app.extensions["redis"] = kept

    [line] = [line for line in lines if line["event"] == "task_accepted"]
    assert (line["task_id"], line["kind"], line["enqueued"]) == (str(task.id), "ping", is_there)
    assert "private" not in str(lines)
