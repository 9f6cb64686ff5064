"""How often one may ask."""

import re
import threading

import pytest
from redis.exceptions import ConnectionError as Away

from pingpong import create_app
from tests.conftest import changed
from tests.people import some_one


@pytest.fixture
def few(app):
    """Three requests a minute of an address, five of a person, two messages."""
    with changed(
        app, anonymous_rate_limit="3/minute", user_rate_limit="5/minute", submit_rate_limit="2/minute"
    ):
        yield app


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
    assert 1 <= int(refused.headers["Retry-After"]) <= 120
    assert refused.headers["RateLimit-Limit"] == "3"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert refused.headers["RateLimit-Reset"] == refused.headers["Retry-After"]
    assert re.search(r"try again in \d+ s", refused.json["error"]["message"])


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


def test_while_redis_is_away_requests_pass_without_waiting_and_it_is_logged_once(few, capsys, monkeypatch):
    asked = []

    def away(*_: object, **__: object) -> bool:
        asked.append(1)
        raise Away("gone")

    app = create_app(few.extensions["settings"])
    monkeypatch.setattr(app.extensions["limits"].storage, "acquire_sliding_window_entry", away)

    assert statuses(lambda: app.test_client().get("/api/tasks/"), 8) == [200] * 8
    assert len(asked) == 1
    assert capsys.readouterr().out.count("requests_not_counted") == 1


def test_when_redis_is_back_it_counts_again(few, monkeypatch):
    app = create_app(few.extensions["settings"])
    monkeypatch.setattr("pingpong.accounts.limits.AWAY_FOR_S", 0)
    limits = app.extensions["limits"]
    with monkeypatch.context() as broken:
        broken.setattr(limits.storage, "acquire_sliding_window_entry", _fail)
        assert app.test_client().get("/api/tasks/").status_code == 200

    assert statuses(lambda: app.test_client().get("/api/tasks/"), 4) == [200, 200, 200, 429]


def _fail(*_: object, **__: object) -> None:
    raise Away("gone")


def test_a_page_says_so_too(few, client):
    def send():
        return client.post("/submit/", data={"message": "hello"}, headers={"Accept": "text/html"})

    assert statuses(send, 2) == [303, 303]
    refused = send()
    assert refused.status_code == 429
    assert "text/html" in refused.content_type
