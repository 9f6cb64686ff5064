"""Limits while Redis is away, and when it is back."""

import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import ConnectionPool
from redis.connection import AbstractConnection
from structlog.testing import capture_logs

from pingpong import create_app
from pingpong.accounts import counters
from pingpong.accounts.attempts import password_attempt
from tests.conftest import changed
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
            update={"redis_url": server.url, "redis_timeout_s": 0.5, "anonymous_rate_limit": "3/minute"}
        )
    )


@pytest.fixture
def patient(app, settings, server) -> Flask:
    """The same, which waits for Redis for as long as a test may take."""
    return create_app(
        settings.model_copy(
            update={"redis_url": server.url, "redis_timeout_s": 10, "anonymous_rate_limit": "3/minute"}
        )
    )


@pytest.fixture
def busy(few) -> Iterator[Flask]:
    """The same with as many requests as anybody likes."""
    with changed(few, anonymous_rate_limit="1000/minute"):
        yield few


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


def test_a_frozen_redis_is_waited_for_once(few, server, monkeypatch):
    monkeypatch.setattr(counters, "LOOK_AGAIN_EVERY_S", 60)
    with server.frozen():
        ask(few)
        takings = noted(few.extensions["redis"].connection_pool, monkeypatch)

        assert [ask(few) for _ in range(AT_ONCE)] == [200] * AT_ONCE
        assert takings == []


def noted(pool: ConnectionPool, monkeypatch) -> list[str]:
    """Which threads take a connection from now on, or try to, to ask Redis for something."""
    takings: list[str] = []
    take = pool.get_connection

    def note_and_take(*arguments: object, **options: object) -> AbstractConnection:
        takings.append(threading.current_thread().name)
        return take(*arguments, **options)

    monkeypatch.setattr(pool, "get_connection", note_and_take)
    return takings


def test_nobody_waits_while_somebody_looks_whether_it_is_back(patient, server, monkeypatch):
    monkeypatch.setattr(counters, "LOOK_AGAIN_EVERY_S", 0)
    server.kill()
    ask(patient)
    lost_at_s = patient.extensions["limits"]._look_again_at_s
    monkeypatch.setattr(counters, "LOOK_AGAIN_EVERY_S", 60)
    server.start()
    looking = threading.Thread(target=ask, args=[patient])

    with server.frozen():
        looking.start()
        wait_until(lambda: patient.extensions["limits"]._look_again_at_s > lost_at_s)

        assert [ask(patient) for _ in range(5)] == [200] * 5
        assert looking.is_alive()
    looking.join(30)


def test_what_comes_at_the_same_moment_is_counted_together_and_each_learns_what_is_left(
    patient, server, monkeypatch
):
    batches: list[int] = []
    count = patient.extensions["limits"]._count
    count_many = count._do_many
    monkeypatch.setattr(count, "_do_many", lambda hits: batches.append(len(hits)) or count_many(hits))

    def read(client: FlaskClient) -> tuple[int, str]:
        answer = client.get("/api/tasks/")
        return answer.status_code, answer.headers["RateLimit-Remaining"]

    with server.client() as redis:
        ask(patient)
        redis.flushdb()
        redis.config_resetstat()
        batches.clear()
        found: list[tuple[int, str]] = []
        with server.frozen():
            threads = [
                threading.Thread(target=lambda: found.append(read(patient.test_client())))
                for _ in range(AT_ONCE)
            ]
            for thread in threads:
                thread.start()
            wait_until(lambda: sum(batches) + count._waiting.qsize() == AT_ONCE, what="all to have asked")
        for thread in threads:
            thread.join(30)

        assert sorted(found) == [(200, "0"), (200, "1"), (200, "2")] + [(429, "0")] * (AT_ONCE - 3)
        assert redis.info("commandstats")["cmdstat_evalsha"]["calls"] <= 2  # the first, and all others


def test_clients_that_come_together_are_counted_one_by_one(few):
    networks = [f"192.0.2.{number}" for number in range(AT_ONCE)]
    found: list[tuple[str, str]] = []

    def read(address: str) -> None:
        answer = few.test_client().get("/api/tasks/", environ_base={"REMOTE_ADDR": address})
        found.append((address, answer.headers["RateLimit-Remaining"]))

    threads = [threading.Thread(target=read, args=[address]) for address in networks * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(found) == sorted((address, left) for address in networks for left in ("2", "1"))


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


def test_without_redis_people_log_in_and_wrong_passwords_are_wrong(busy, server):
    server.kill()
    with busy.app_context():
        ada = some_one(busy, username="ada")

    assert ada.access
    assert [attempt(busy) for _ in range(7)] == [401] * 7


def test_a_try_that_was_not_counted_is_not_given_back(busy, server, looking_often):
    server.kill()
    here = {"REMOTE_ADDR": "127.0.0.1"}
    with busy.test_request_context(environ_base=here), password_attempt("ada"):
        server.start()
        wait_until(lambda: "RateLimit-Limit" in busy.test_client().get("/api/tasks/").headers)

    assert [attempt(busy) for _ in range(6)] == [401] * 5 + [429]


def test_every_key_expires(few, server):
    ask(few)
    attempt(few)

    with server.client() as redis:
        ours = list(redis.scan_iter("*pingpong:limit*"))
        assert ours
        assert all(0 < redis.ttl(key) <= 120 for key in ours)
