"""Tries of a password."""

import re
import threading

import pytest

from tests.conftest import changed
from tests.people import PASSWORD, some_one


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


def test_a_try_that_the_address_is_refused_does_not_count_for_the_account(app, ada):
    with changed(app, login_address_rate_limit="2/minute"):
        assert [attempt(app, "nobody") for _ in range(4)] == [401, 401, 429, 429]
        assert [attempt(app) for _ in range(6)] == [429] * 6

    with changed(app, login_address_rate_limit="50/minute"):
        assert attempt(app) == 401


def test_a_refusal_does_not_reveal_whether_there_is_such_an_account(app, ada):
    def refused(name: str):
        for _ in range(6):
            response = app.test_client().post(
                "/api/users/login/", json={"username": name, "password": "wrong"}
            )
        words = re.sub(r"\d+ s", "a moment", response.json["error"]["message"])
        return (
            response.status_code,
            response.json["error"]["code"],
            words,
            {name for name, _ in response.headers},
        )

    known, unknown = refused("ada"), refused("nobody")

    assert known[0] == unknown[0] == 429
    assert known == unknown


def test_a_refusal_says_when_to_come_back_also_on_a_page(app, ada, client):
    page = {"Accept": "text/html"}
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login/", headers=page).text)[1]
    given = {"csrf_token": token, "username": "ada", "password": "wrong"}

    responses = [client.post("/login/", data=given, headers=page) for _ in range(6)]

    assert [response.status_code for response in responses] == [401] * 5 + [429]
    refused = responses[-1]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Remaining"]) == ("5", "0")


def test_the_page_that_changes_the_password_says_so_too(ada):
    def change():
        given = {"csrf_token": ada.csrf_token, "old_password": "wrong"}
        given |= {"new_password": "another fine password", "password_confirm": "another fine password"}
        return ada.browser.post("/profile/password/", data=given, headers={"Accept": "text/html"})

    responses = [change() for _ in range(6)]

    assert [response.status_code for response in responses] == [422] * 5 + [429]
    assert int(responses[-1].headers["Retry-After"]) >= 1
