"""After the commit: enqueue and tell, and do without Redis if need be."""

import redis as redis_py
from rq import Queue

from pingpong.extensions import db
from pingpong.redis_client import connect
from pingpong.tasks.dispatch import dispatch
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
