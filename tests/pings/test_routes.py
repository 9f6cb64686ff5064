"""`POST /submit/`: what is accepted, what is refused, and what is said."""

import json
import uuid

import pytest

from pingpong.tasks.models import Task

LONGEST = "x" * 1000


def test_a_message_is_accepted_as_json(client):
    response = client.post("/submit/", json={"message": "hello"})

    assert response.status_code == 202
    body = response.json
    assert body["kind"] == "ping"
    assert body["status"] == "queued"
    assert body["message"] == "hello"
    assert body["submitted_at"].endswith("Z")
    assert uuid.UUID(body["id"]).version == 7
    assert response.headers["Location"] == f"/api/tasks/results/{body['id']}/"


def test_a_message_is_accepted_as_a_form(client):
    response = client.post("/submit/", data={"message": "hello"})

    assert response.status_code == 202
    assert response.json["message"] == "hello"


def test_a_browser_without_javascript_is_sent_to_the_message_page(client):
    response = client.post("/submit/", data={"message": "hello"}, headers={"Accept": "text/html"})

    assert response.status_code == 303
    page = client.get(response.location, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "hello" in page.text


def test_a_refused_form_comes_back_with_what_was_typed(client):
    response = client.post("/submit/", data={"message": "y" * 1001}, headers={"Accept": "text/html"})

    assert response.status_code == 422
    assert "must have at most 1000 characters" in response.text
    assert "y" * 1001 in response.text


@pytest.mark.parametrize(
    "message",
    [
        LONGEST,
        "  trimmed  ",
        "שלום",
        "👩‍👩‍👧 é",
        "<script>alert(1)</script>",
        "line\nbreak\ttab",
        "\u202eright to left",
        "'; DROP TABLE tasks; --",
        "\\u0000 as text",
    ],
    ids=ascii,
)
def test_any_unicode_is_answered_as_it_came(client, work, message):
    task_id = client.post("/submit/", json={"message": message}).json["id"]

    work()

    result = client.get(f"/api/tasks/results/{task_id}/").json
    assert result["status"] == "done"
    assert result["message"] == message.strip()
    assert result["reply"] == f"pong {message.strip()}"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "is required"),
        ({"message": ""}, "must have at least 1 character"),
        ({"message": " \n\t "}, "must have at least 1 character"),
        ({"message": "x" * 1001}, "must have at most 1000 characters"),
        ({"message": "a\0b"}, "must not contain the NUL character"),
        ({"message": 5}, "must be a valid string"),
        ({"message": None}, "must be a valid string"),
        ({"message": ["hello"]}, "must be a valid string"),
        ({"message": {"text": "hello"}}, "must be a valid string"),
    ],
    ids=ascii,
)
def test_a_bad_message_is_refused_by_name(client, body, problem):
    response = client.post("/submit/", json=body)

    assert response.status_code == 422
    assert response.json["error"]["code"] == "validation_error"
    assert problem in response.json["error"]["fields"]["message"][0]
    assert response.json["error"]["message"].startswith("message: ")


def test_an_unpaired_surrogate_is_refused(client):
    response = client.post("/submit/", data=b'{"message": "\\ud800"}', content_type="application/json")

    assert response.status_code == 422
    assert "message" in response.json["error"]["fields"]


@pytest.mark.parametrize("body", ["[]", '"hello"', "5", "null", "true", '["message"]'])
def test_json_of_another_shape_is_refused(client, body):
    response = client.post("/submit/", data=body, content_type="application/json")

    assert response.status_code == 422
    assert response.json["error"]["fields"] == {"body": ["must be an object"]}


@pytest.mark.parametrize(
    "body", [b"{", b'{"message": "hello"', b"\xff\xfe", b'{"message": "\xff"}', b"[" * 100_000, b" ", b""]
)
def test_broken_json_is_malformed(client, body):
    response = client.post("/submit/", data=body, content_type="application/json")

    assert response.status_code == 400
    assert response.json["error"]["code"] == "malformed_request"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "image/png", "nonsense"])
def test_another_content_type_is_not_supported(client, content_type):
    response = client.post("/submit/", data=b"message=hello", content_type=content_type)

    assert response.status_code == 415
    assert response.json["error"]["code"] == "unsupported_media_type"


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_post_without_a_body_lacks_its_message(client, content_type):
    response = client.post("/submit/", content_type=content_type)

    assert response.status_code == 422
    assert response.json["error"]["fields"] == {"message": ["is required"]}


def test_a_body_of_ten_megabytes_is_too_large(client):
    response = client.post("/submit/", json={"message": "x" * 10_000_000})

    assert response.status_code == 413
    assert response.json["error"]["code"] == "request_entity_too_large"


def test_a_form_of_ten_megabytes_is_too_large(client):
    response = client.post("/submit/", data={"message": "x" * 10_000_000})

    assert response.status_code == 413


def test_a_get_is_not_allowed_and_says_what_is(client):
    response = client.get("/submit/")

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_a_repeated_submit_with_a_key_returns_the_first(client, work):
    first = client.post("/submit/", json={"message": "hello"}, headers={"Idempotency-Key": "key-1"})
    work()
    again = client.post("/submit/", json={"message": "hello"}, headers={"Idempotency-Key": "key-1"})

    assert again.status_code == 202
    assert again.json == first.json
    assert Task.query.count() == 1


def test_a_key_used_for_another_message_is_refused(client):
    client.post("/submit/", json={"message": "hello"}, headers={"Idempotency-Key": "key-1"})
    response = client.post("/submit/", json={"message": "other"}, headers={"Idempotency-Key": "key-1"})

    assert response.status_code == 422
    assert "Idempotency-Key" in response.json["error"]["fields"]


def test_two_clients_may_use_the_same_key(client):
    first = client.post("/submit/", json={"message": "hello"}, headers={"Idempotency-Key": "key-1"})
    second = client.post(
        "/submit/",
        json={"message": "hello"},
        headers={"Idempotency-Key": "key-1"},
        environ_base={"REMOTE_ADDR": "127.0.0.2"},
    )

    assert first.json["id"] != second.json["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "ümlaut"])
def test_a_key_of_another_form_is_refused(client, key):
    response = client.post(
        "/submit/", json={"message": "hello"}, headers={"Idempotency-Key": key.encode().decode("latin-1")}
    )

    assert response.status_code == 422


def test_a_line_end_in_a_form_is_one_character(client):
    client.post("/submit/", data={"message": "one\r\ntwo"})

    assert [task.params for task in Task.query] == [{"text": "one\ntwo"}]


def test_a_key_is_heeded_whatever_a_proxy_says_of_the_address(app, client):
    headers = {"Idempotency-Key": "k"}
    submit = {"json": {"message": "hello"}, "headers": headers, "environ_base": {"REMOTE_ADDR": "x" * 300}}

    first, second = client.post("/submit/", **submit), client.post("/submit/", **submit)

    assert first.json["id"] == second.json["id"]


def test_messages_are_stored_as_sent_and_not_twice(client):
    client.post(
        "/submit/", data=json.dumps({"message": "hello", "other": 1}), content_type="application/json"
    )

    assert [task.params for task in Task.query] == [{"text": "hello"}]
