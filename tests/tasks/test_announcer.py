"""The announcer: many news in one round trip, and what could not be told is left to the rescuer."""

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from pingpong.extensions import db
from pingpong.live.publish import publish
from pingpong.tasks.announcer import Announcer
from pingpong.tasks.models import Task
from pingpong.tasks.rescue import announce_forgotten
from tests.waiting import wait_until


@pytest.fixture
def announcer(app) -> Announcer:
    return Announcer(app)


def answered() -> Task:
    task, _ = Task.claim(Task.submit("ping", {"text": "hello"})[0].id, 1)
    task.answer("pong hello")
    return task


def unannounced() -> int:
    db.session.expire_all()
    return Task.query.filter(Task.announced_at.is_(None)).count()


def test_many_news_are_told_in_one_message_and_noted_in_one_statement(app, redis, announcer, monkeypatch):
    messages = []
    monkeypatch.setattr(
        "pingpong.tasks.announcer.publish", lambda _redis, _bus, updates: messages.append(updates)
    )
    for _ in range(5):
        announcer.announce(answered())

    announcer.run_once()

    assert [len(message) for message in messages] == [5]
    assert unannounced() == 0


def test_news_that_could_not_be_told_is_told_by_the_rescuer(app, redis, announcer, monkeypatch):
    def away(*_: object) -> None:
        raise RedisConnectionError("away")

    with monkeypatch.context() as broken:
        broken.setattr("pingpong.tasks.announcer.publish", away)
        announcer.announce(answered())
        announcer.run_once()
    assert unannounced() == 1

    assert wait_until(announce_forgotten) == 1
    assert unannounced() == 0


def test_news_that_breaks_the_announcer_does_not_stop_it(app, redis, announcer, monkeypatch):
    broken = [True]

    def publish_or_break(*arguments: object) -> None:
        if broken.pop() if broken else False:
            raise TypeError("a mistake of ours")
        publish(*arguments)

    monkeypatch.setattr("pingpong.tasks.announcer.publish", publish_or_break)
    announcer.start()
    announcer.announce(answered())
    wait_until(lambda: not broken)

    announcer.announce(answered())

    wait_until(lambda: redis.xlen(app.extensions["bus"].stream) == 1)


def test_a_started_announcer_tells_by_itself(app, redis, announcer):
    announcer.start()
    announcer.announce(answered())

    wait_until(lambda: redis.xlen(app.extensions["bus"].stream) == 1)
    wait_until(lambda: unannounced() == 0)
