"""Tries of a password."""

import threading

import pytest
from redis.exceptions import ConnectionError as Away

from tests.conftest import changed
from tests.people import PASSWORD, log_in, some_one


@pytest.fixture
def ada(app):
    return some_one(app, email="ada@example.com", username="ada")


def attempt(app, name: str = "ada", password: str = "wrong", address: str = "192.0.2.1"):
    client = app.test_client()
    body = {"username": name, "password": password}
    return client.post("/api/users/login/", json=body, environ_base={"REMOTE_ADDR": address}).status_code


def test_five_wrong_tries_a_minute_are_enough(app, ada):
    assert [attempt(app) for _ in range(6)] == [401] * 5 + [429]
    assert attempt(app, password=PASSWORD) == 429


def test_the_limit_is_that_of_an_account_and_an_address(app, ada):
    some_one(app, username="grace")
    for _ in range(6):
        attempt(app)

    assert attempt(app, "grace") == 401
    assert attempt(app, address="192.0.2.2") == 401


def test_an_unknown_account_has_the_same_limit(app):
    assert [attempt(app, "nobody") for _ in range(6)] == [401] * 5 + [429]


def test_a_name_in_another_case_is_the_same_account(app, ada):
    assert [attempt(app, name) for name in ("ada", "ADA", "Ada", " ada ", "aDa", "adA")] == [401] * 5 + [429]


def test_right_passwords_do_not_count(app, ada):
    assert [attempt(app, password=PASSWORD) for _ in range(8)] == [200] * 8
    assert [attempt(app) for _ in range(6)] == [401] * 5 + [429]


def test_tries_at_the_same_time_count_as_well(app, ada):
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(attempt(app))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(statuses) == [401] * 5 + [429] * 7


def test_an_address_may_not_try_many_accounts(app):
    with changed(app, login_address_rate_limit="50/minute"):
        statuses = [attempt(app, f"person{number}") for number in range(52)]

    assert statuses == [401] * 50 + [429] * 2


def test_the_old_password_is_not_to_be_guessed_either(ada):
    def change():
        given = {"old_password": "wrong", "new_password": "another fine password"}
        return ada.browser.post("/api/users/password/", json=given, headers=ada.csrf).status_code

    assert [change() for _ in range(6)] == [422] * 5 + [429]


def test_without_redis_people_log_in_all_the_same(app, ada, monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise Away("gone")

    monkeypatch.setattr("pingpong.accounts.attempts.FixedWindowRateLimiter.hit", away)
    monkeypatch.setattr(app.extensions["limits"].storage, "incr", away)

    assert log_in(app.test_client(), username="ada").status_code == 200
