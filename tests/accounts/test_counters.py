"""Limits while Redis is away, and when it is back."""

import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from structlog.testing import capture_logs

from pingpong import create_app
from pingpong.accounts import counters
from tests.people import some_one
from tests.redis_server import RedisServer
from tests.waiting import wait_until

AT_ONCE = 10


@pytest.fixture
def server(tmp_path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def few(app, settings, server) -> Flask:
    """Three requests a minute of an address, and no waiting for another look at Redis."""
    return create_app(
        settings.model_copy(
            update={"redis_url": server.url, "redis_timeout_s": 0.3, "anonymous_rate_limit": "3/minute"}
        )
    )


@pytest.fixture
def looking_often(monkeypatch) -> None:
    monkeypatch.setattr(counters, "LOOK_AGAIN_EVERY_S", 0.05)


def ask(app: Flask) -> int:
    return app.test_client().get("/api/tasks/").status_code


def ask_at_once(app: Flask) -> list[int]:
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(ask(app))) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return statuses


def attempt(app: Flask, name: str = "ada") -> int:
    body = {"username": name, "password": "wrong"}
    return app.test_client().post("/api/users/login/", json=body).status_code


def test_requests_that_meet_the_loss_together_all_pass(few, server):
    ask(few)
    server.kill()

    assert ask_at_once(few) == [200] * AT_ONCE


def test_so_do_those_that_a_frozen_redis_keeps_waiting(few, server):
    ask(few)
    with server.frozen():
        assert ask_at_once(few) == [200] * AT_ONCE


def test_a_frozen_redis_is_waited_for_once(few, server):
    with server.frozen():
        ask(few)
        started_at_s = time.monotonic()

        assert [ask(few) for _ in range(AT_ONCE)] == [200] * AT_ONCE
        assert time.monotonic() - started_at_s < 0.3  # less than one time-out for all of them


def test_it_is_logged_once_that_nothing_is_counted_and_once_that_it_is_again(few, server, looking_often):
    with capture_logs() as lines:
        server.kill()
        for _ in range(AT_ONCE):
            ask(few)
            time.sleep(0.01)  # some of them look again
        server.start()
        wait_until(lambda: ask(few) == 429)

    said = [line["event"] for line in lines if line["event"].startswith("limits")]
    assert said == ["limits_not_counted", "limits_counted_again"]


def test_when_redis_is_back_it_counts_again(few, server, looking_often):
    server.kill()
    assert ask(few) == 200

    server.start()

    wait_until(lambda: ask(few) == 429)


def test_a_redis_that_forgot_everything_counts_on(few, server):
    assert [ask(few) for _ in range(4)] == [200, 200, 200, 429]

    with server.client() as redis:
        redis.flushall()
        redis.script_flush()

    assert [ask(few) for _ in range(4)] == [200, 200, 200, 429]


def test_answers_say_nothing_of_limits_while_nothing_is_counted(few, server):
    server.kill()

    assert "RateLimit-Limit" not in few.test_client().get("/api/tasks/").headers


def test_without_redis_people_log_in_and_wrong_passwords_are_wrong(few, server):
    server.kill()
    few.extensions["settings"] = few.extensions["settings"].model_copy(
        update={"anonymous_rate_limit": "100/minute"}
    )
    with few.app_context():
        ada = some_one(few, username="ada")

    assert ada.access
    assert [attempt(few) for _ in range(7)] == [401] * 7


def test_a_try_that_was_not_counted_is_not_given_back(few, server, looking_often):
    few.extensions["settings"] = few.extensions["settings"].model_copy(
        update={"anonymous_rate_limit": "1000/minute"}
    )
    server.kill()
    with few.app_context():
        some_one(few, username="ada")
    server.start()
    wait_until(lambda: "RateLimit-Limit" in few.test_client().get("/api/tasks/").headers)

    assert [attempt(few) for _ in range(6)] == [401] * 5 + [429]


def test_every_key_expires(few, server):
    ask(few)
    attempt(few)

    with server.client() as redis:
        ours = list(redis.scan_iter("*pingpong:limit*"))
        assert ours
        assert all(0 < redis.ttl(key) <= 120 for key in ours)
