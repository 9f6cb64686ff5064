"""How often one may ask."""

import contextlib
import functools
import itertools
import re
import threading
import time

import pytest

from pingpong import create_app
from tests.conftest import changed
from tests.people import some_one
from tests.waiting import wait_until


@pytest.fixture
def few(app):
    """Three requests a minute of an address, five of a person, two messages."""
    with changed(
        app, anonymous_rate_limit="3/minute", user_rate_limit="5/minute", submit_rate_limit="2/minute"
    ):
        yield app


@contextlib.contextmanager
def asked_of_redis(app, command: str):
    """How often a command was sent meanwhile; those that a script runs do not count."""
    redis = app.extensions["redis"]
    counted = functools.partial(redis.info, "commandstats")
    before = counted().get(f"cmdstat_{command}", {"calls": 0})["calls"]
    yield lambda: counted().get(f"cmdstat_{command}", {"calls": 0})["calls"] - before


def statuses(ask, times: int) -> list[int]:
    return [ask().status_code for _ in range(times)]


def test_an_address_may_ask_the_api_so_often_whatever_the_route(few, client):
    asked = [client.get(path).status_code for path in ("/api/tasks/", "/api/history/", "/api/tasks/ping/")]

    assert asked == [200, 200, 200]
    assert client.get("/api/tasks/").status_code == 429


def test_who_asks_too_often_is_told_when_to_come_back(few, client):
    statuses(lambda: client.get("/api/tasks/"), 3)

    refused = client.get("/api/tasks/")

    assert refused.json["error"]["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert refused.headers["RateLimit-Limit"] == "3"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert refused.headers["RateLimit-Reset"] == refused.headers["Retry-After"]
    assert re.search(r"try again in \d+ s", refused.json["error"]["message"])


def test_good_answers_tell_what_is_left(few, client):
    sent = client.post("/submit/", json={"message": "hello"})
    answers = [client.get("/api/tasks/") for _ in range(3)]

    assert [answer.headers["RateLimit-Limit"] for answer in (sent, *answers)] == ["2", "3", "3", "3"]
    assert [answer.headers["RateLimit-Remaining"] for answer in (sent, *answers)] == ["1", "2", "1", "0"]
    assert all(1 <= int(answer.headers["RateLimit-Reset"]) <= 61 for answer in (sent, *answers))
    assert not any("Retry-After" in answer.headers for answer in (sent, *answers))


def test_what_is_left_is_what_is_still_let_through(few, client):
    seen = [client.get("/api/tasks/") for _ in range(4)]

    for before, after in itertools.pairwise(seen):
        assert (before.headers["RateLimit-Remaining"] != "0") is (after.status_code == 200)


def test_who_waits_for_as_long_as_was_said_may_ask_again(app, client):
    with changed(app, anonymous_rate_limit="2 per 2 second"):
        statuses(lambda: client.get("/api/tasks/"), 2)
        refused = client.get("/api/tasks/")
        refused_at_s = time.monotonic()
        wait_until(lambda: client.get("/api/tasks/").status_code == 200)

    waited_s = time.monotonic() - refused_at_s
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    assert waited_s < 2.5


def test_a_person_has_a_limit_of_their_own_wherever_they_are(few):
    ada = some_one(few)

    def ask(address: str, **options: object):
        return (
            few.test_client().get("/api/tasks/", environ_base={"REMOTE_ADDR": address}, **options).status_code
        )

    assert [ask(f"192.0.2.{number}", headers=ada.bearer) for number in range(6)] == [200] * 5 + [429]
    assert ask("192.0.2.1") == 200


def test_bad_credentials_count_for_the_address(few, client):
    def ask():
        return client.get("/api/users/profile/", headers={"Authorization": "Bearer nonsense"})

    assert statuses(ask, 4) == [401, 401, 401, 429]


def test_addresses_are_counted_one_by_one_but_ipv6_by_network(few):
    def ask(address: str) -> int:
        return few.test_client().get("/api/tasks/", environ_base={"REMOTE_ADDR": address}).status_code

    assert [ask(f"2001:db8::{number}") for number in range(1, 5)] == [200, 200, 200, 429]
    assert ask("2001:db8:0:1::1") == 200
    assert ask("192.0.2.1") == 200


def test_messages_have_a_limit_of_their_own(few, client):
    def send():
        return client.post("/submit/", json={"message": "hello"})

    assert statuses(send, 3) == [202, 202, 429]
    assert client.get("/api/tasks/").status_code == 200


def test_what_is_not_counted_does_not_ask_redis_and_says_nothing_of_limits(few, client):
    with asked_of_redis(few, "evalsha") as asked:
        answers = [client.get("/"), client.get("/healthz"), client.head("/events/"), client.get("/nothing")]

    assert asked() == 0
    assert not [name for answer in answers for name, _ in answer.headers if name.startswith("RateLimit")]


def test_a_request_asks_redis_once_for_its_limit(few, client):
    for ask in (
        lambda: client.get("/api/tasks/"),
        lambda: client.post("/submit/", json={"message": "hello"}),
        lambda: client.post("/submit/", json={"message": ""}),
    ):
        with asked_of_redis(few, "evalsha") as asked:
            assert "RateLimit-Remaining" in ask().headers
        assert asked() == 1


def test_results_pages_and_streams_are_not_counted(few, client):
    task_id = client.post("/submit/", json={"message": "hello"}).json["id"]

    assert statuses(lambda: client.get(f"/api/tasks/results/{task_id}/"), 8) == [200] * 8
    assert statuses(lambda: client.get("/"), 8) == [200] * 8
    assert statuses(lambda: client.head("/events/"), 8) == [200] * 8


def test_all_processes_count_together(few, servers, settings):
    values = settings.model_copy(update={"anonymous_rate_limit": "3/minute"})
    clients = [few.test_client(), create_app(values).test_client()]

    assert [clients[number % 2].get("/api/tasks/").status_code for number in range(4)] == [200, 200, 200, 429]


def test_requests_at_the_same_moment_are_counted_one_by_one(few):
    statuses = []

    def ask() -> None:
        statuses.append(few.test_client().get("/api/tasks/").status_code)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(statuses) == [200] * 3 + [429] * 7


def test_the_form_of_a_new_account_counts_as_the_api_does(few, client):
    def send():
        return client.post("/register/", data={"email": ""}, headers={"Accept": "text/html"})

    assert statuses(send, 4) == [403, 403, 403, 429]
    assert client.get("/register/").status_code == 200


def test_a_page_says_so_too(few, client):
    def send():
        return client.post("/submit/", data={"message": "hello"}, headers={"Accept": "text/html"})

    assert statuses(send, 2) == [303, 303]
    refused = send()
    assert refused.status_code == 429
    assert "text/html" in refused.content_type
