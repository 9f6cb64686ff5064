"""A line for each request, and one more where the answer went on after it."""

import json

import pytest

from pingpong.logs.access import CountedBody
from tests.conftest import changed
from tests.people import log_in, some_address, some_one


@pytest.fixture
def requests(lines):
    return lambda event="request": [line for line in lines() if line["event"] == event]


def test_a_request_is_logged_with_its_id_and_without_the_message(client, lines, requests):
    sent = {"X-Request-ID": "abc-123"}
    response = client.post("/submit/?q=private", json={"message": "a private text"}, headers=sent)

    [line] = requests()
    assert (line["method"], line["path"], line["route"]) == ("POST", "/submit/", "/submit/")
    assert (line["status"], line["request_id"], line["address"]) == (202, "abc-123", "127.0.0.1")
    assert line["bytes"] == len(response.data)
    assert line["ms"] > 0
    assert "user_id" not in line
    assert "private" not in json.dumps(lines())


def test_the_route_of_many_addresses_is_one(client, requests):
    client.get("/api/tasks/results/0190a0a0-0000-7000-8000-000000000000/")

    assert requests()[0]["route"] == "/api/tasks/results/<task_id>/"


@pytest.mark.parametrize("way", ["bearer", "browser", "login"])
def test_who_asks_is_on_the_line(app, client, lines, requests, way):
    person = some_one(app)
    if way == "bearer":
        client.get("/api/history/", headers=person.bearer)
    elif way == "browser":
        person.browser.get("/api/users/me/")
    else:
        log_in(client, email=person.email)

    assert requests()[-1]["user_id"] == str(person.id)


@pytest.mark.parametrize(
    ("path", "status"), [("/nothing", 404), ("/api/nothing", 404), ("/api/history/?limit=no", 422)]
)
def test_a_request_that_is_refused_has_its_line(client, requests, path, status):
    response = client.get(path)

    [line] = requests()
    assert (line["status"], line["bytes"]) == (status, len(response.data))
    assert line["path"] == path.partition("?")[0]


def test_a_body_that_is_no_json_has_its_line_and_is_not_told(client, lines, requests):
    client.post("/submit/", data='{"message": "a private te', content_type="application/json")

    assert requests()[0]["status"] == 400
    assert "private" not in json.dumps(lines())


def test_a_wrong_password_is_not_told(client, lines, requests):
    log_in(client, email=some_address(), password="private-private")

    assert requests()[0]["status"] == 401
    assert "private" not in json.dumps(lines())


def test_a_failure_has_its_line_and_one_with_the_stack_and_the_same_id(
    app, client, lines, requests, monkeypatch
):
    def fail() -> None:
        raise ValueError("a private text")

    monkeypatch.setitem(app.view_functions, "pings.home", fail)
    monkeypatch.setattr(app, "testing", False)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client.get("/", headers={"X-Request-ID": "abc-123"})
    app.config["PROPAGATE_EXCEPTIONS"] = None

    [line] = requests()
    [stack] = [line for line in lines() if "exception" in line]
    assert (line["status"], line["request_id"], stack["request_id"]) == (500, "abc-123", "abc-123")
    assert stack["exception"][0]["frames"][-1]["name"] == "fail"
    assert "private" not in json.dumps(lines())


def test_probes_are_not_logged(client, lines):
    client.get("/healthz")

    assert lines() == []


def test_a_probe_that_is_refused_is_logged(app, client, requests):
    with changed(app, metrics_token="a-token"):
        assert client.get("/metrics").status_code == 401

    assert [(line["path"], line["status"]) for line in requests()] == [("/metrics", 401)]


def test_an_answer_without_a_body_has_no_bytes(client, requests):
    client.head("/")
    first = client.get("/static/js/live.js")
    client.get("/static/js/live.js", headers={"If-None-Match": first.headers["ETag"]})

    assert [(line["status"], line["bytes"]) for line in requests()] == [
        (200, 0),
        (200, len(first.data)),
        (304, 0),
    ]


def test_a_stream_has_a_second_line_when_it_ends(client, lines, requests):
    response = client.get("/history.csv", headers={"X-Request-ID": "abc-123"})
    response.close()

    [begun], [ended] = requests(), requests("stream_ended")
    assert "bytes" not in begun
    assert (ended["request_id"], ended["path"]) == ("abc-123", "/history.csv")
    assert ended["bytes"] == len(response.data) > 0
    assert ended["ms"] >= begun["ms"]


def test_a_live_stream_leaves_the_hub_and_has_its_line_when_it_is_closed(live, requests):
    response = live.test_client().get("/events/")
    first = next(iter(response.response))
    assert (len(live.extensions["hub"]), requests("stream_ended")) == (1, [])
    response.close()

    [ended] = requests("stream_ended")
    assert ended["bytes"] == len(first)
    assert len(live.extensions["hub"]) == 0


def test_a_body_of_text_is_counted_in_bytes():
    counted: list[int] = []
    body = CountedBody(iter(["ä", "bc"]), counted.append)

    assert b"".join(body) == "äbc".encode()
    body.close()

    assert counted == [4]
