"""The prompt announcer: told before the process may end, and it never breaks the task."""

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from pingpong.extensions import db
from pingpong.tasks.models import Task
from pingpong.tasks.prompt import PromptAnnouncer


@pytest.fixture
def answered(app) -> Task:
    task, _ = Task.claim(Task.submit("ping", {"text": "hello"})[0].id, 1)
    task.answer("pong hello")
    return task


def is_noted(task: Task) -> bool:
    db.session.expire_all()
    return db.session.get_one(Task, task.id).announced_at is not None


def test_news_is_told_and_noted_when_announce_returns(app, redis, answered):
    PromptAnnouncer(app).announce(answered)

    assert redis.xlen(app.extensions["bus"].stream) == 1
    assert is_noted(answered)


def test_news_that_cannot_be_told_is_left_to_the_rescuer(app, answered, monkeypatch):
    def away(*_: object) -> None:
        raise RedisConnectionError("away")

    monkeypatch.setattr("pingpong.tasks.announcer.publish", away)
    PromptAnnouncer(app).announce(answered)

    assert not is_noted(answered)
