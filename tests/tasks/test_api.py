"""`/api/tasks/…`"""

import json

import pytest

from pingpong.live.publish import read_newest
from pingpong.tasks.models import Task
from pingpong.text import PlainText
from tests.people import SomeOne, some_one

FIELDS = {
    "id",
    "kind",
    "status",
    "params",
    "result",
    "error",
    "progress",
    "attempts",
    "submitted_at",
    "started_at",
    "finished_at",
    "duration_ms",
    "message",
    "reply",
}


def test_a_waiting_message_is_shown_with_what_is_not_yet_known_as_null(client):
    task, _ = Task.submit("ping", {"text": "hello"})

    result = client.get(f"/api/tasks/results/{task.id}/").json

    assert set(result) == FIELDS
    assert (result["status"], result["progress"], result["attempts"]) == ("queued", 0, 0)
    assert (result["reply"], result["started_at"], result["duration_ms"]) == (None, None, None)


def test_an_answered_message_is_shown_with_its_times(client):
    task, _ = Task.claim(Task.submit("ping", {"text": "hello"})[0].id, 1)
    task.answer("pong hello")

    result = client.get(f"/api/tasks/results/{task.id}/").json

    assert result["submitted_at"] <= result["started_at"] <= result["finished_at"]
    assert (result["result"], result["reply"], result["error"]) == ("pong hello", "pong hello", None)
    assert result["duration_ms"] >= 0


@pytest.mark.parametrize(
    "task_id", ["nonsense", "1", "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55", "%00", "x" * 5000, "é", "%ff"]
)
def test_an_unknown_id_is_not_found(client, task_id):
    response = client.get(f"/api/tasks/results/{task_id}/")

    assert response.status_code == 404
    assert response.json["error"]["code"] == "not_found"


@pytest.fixture
def ada(app):
    return some_one(app)


@pytest.fixture
def secrets(kinds):
    """`whisper`, a kind whose tasks are their owner's only."""

    @kinds.task()
    def whisper(ctx, text: PlainText, loudness: int = 1) -> dict:
        """Whisper a text."""
        return {"whispered": text * loudness}

    @kinds.task(public=True)
    def ping(ctx, text: PlainText) -> str:
        """Answer."""
        return f"pong {text}"


def submit(person: SomeOne, kind: str = "whisper", **params: object):
    response = person.browser.post(
        f"/api/tasks/{kind}/", json={"text": "psst", **params}, headers=person.csrf
    )
    assert response.status_code == 202, response.json
    return response


def test_the_kinds_are_listed_with_what_they_do(client, secrets):
    assert client.get("/api/tasks/").json == {"ping": "Answer.", "whisper": "Whisper a text."}


def test_a_kind_says_what_it_takes(client, secrets):
    described = client.get("/api/tasks/whisper/").json

    assert described["schema"]["properties"]["loudness"]["default"] == 1
    assert described["schema"]["required"] == ["text"]
    assert described["queue"] == "io"
    assert client.get("/api/tasks/nothing/").status_code == 404


def test_a_submitted_task_is_done_and_read_by_its_owner(secrets, ada, work):
    response = submit(ada, loudness=2)

    assert response.json == {
        "task_id": response.json["task_id"],
        "task_type": "whisper",
        "status": "submitted",
    }
    work()
    result = ada.browser.get(response.headers["Location"]).json
    assert result["status"] == "done"
    assert result["result"] == {"whispered": "psstpsst"}
    assert result["params"] == {"text": "psst", "loudness": 2}


def test_a_task_is_submitted_by_people_only(client, secrets):
    assert client.post("/api/tasks/whisper/", json={"text": "psst"}).status_code == 401


@pytest.mark.parametrize(
    ("params", "faulty"), [({"text": 1}, "text"), ({"loudness": "2"}, "loudness"), ({"text": "a\0"}, "text")]
)
def test_bad_parameters_are_named(secrets, ada, params, faulty):
    given = {"text": "psst", **params}
    response = ada.browser.post("/api/tasks/whisper/", json=given, headers=ada.csrf)

    assert response.status_code == 422
    assert list(response.json["error"]["fields"]) == [faulty]


def test_parameters_of_a_form_are_text_and_read_as_what_is_meant(secrets, ada):
    form = {"text": "psst", "loudness": "2", "csrf_token": ada.csrf_token}
    task_id = ada.browser.post("/api/tasks/whisper/", data=form).json["task_id"]

    assert ada.browser.get(f"/api/tasks/results/{task_id}/").json["params"]["loudness"] == 2


def test_an_unknown_kind_is_not_found(secrets, ada):
    assert ada.browser.post("/api/tasks/nothing/", json={}, headers=ada.csrf).status_code == 404


def test_a_repeated_key_returns_the_first_task(secrets, ada):
    def send(text: str = "psst"):
        headers = {**ada.csrf, "Idempotency-Key": "once"}
        return ada.browser.post("/api/tasks/whisper/", json={"text": text}, headers=headers)

    assert send().json["task_id"] == send().json["task_id"]
    assert send("other").status_code == 422


def test_the_keys_of_two_people_are_two_keys(app, secrets, ada):
    eve = some_one(app)

    def send(person: SomeOne) -> str:
        headers = {**person.csrf, "Idempotency-Key": "once"}
        return person.browser.post("/api/tasks/whisper/", json={"text": "psst"}, headers=headers).json[
            "task_id"
        ]

    assert send(ada) != send(eve)


def test_a_person_sees_only_what_is_theirs(app, client, secrets, ada):
    eve = some_one(app)
    path = submit(ada).headers["Location"]

    assert ada.browser.get(path).status_code == 200
    assert eve.browser.get(path).status_code == 404
    assert client.get(path).status_code == 404
    assert [item["id"] in path for item in ada.browser.get("/api/tasks/results/").json["items"]] == [True]
    assert eve.browser.get("/api/tasks/results/").json["items"] == []
    assert client.get("/api/history/").json["items"] == []
    assert client.get("/api/tasks/results/").status_code == 401


def test_an_administrator_reads_anybodys_task(app, secrets, ada):
    root = some_one(app, is_admin=True)

    assert root.browser.get(submit(ada).headers["Location"]).status_code == 200


def test_own_tasks_are_filtered_and_paged_as_the_history(secrets, ada):
    for text in ("one", "two", "three"):
        submit(ada, text=text)

    def texts(query: str) -> list[str]:
        page = ada.browser.get(f"/api/tasks/results/?{query}").json
        return [item["message"] for item in page["items"]]

    first = ada.browser.get("/api/tasks/results/?limit=2").json
    assert [item["message"] for item in first["items"]] == ["three", "two"]
    assert texts(f"after={first['next']}") == ["one"]
    assert texts("q=TW") == ["two"]
    assert texts("status=done") == []


def test_a_message_of_somebody_is_public_and_their_own(app, client, ada):
    task_id = ada.browser.post("/submit/", json={"message": "hello"}).json["id"]

    assert client.get(f"/api/tasks/results/{task_id}/").status_code == 200
    assert [item["id"] for item in ada.browser.get("/api/tasks/results/").json["items"]] == [task_id]


def test_news_of_a_task_goes_to_its_owner_and_of_a_public_one_to_all_as_well(app, redis, secrets, ada, work):
    submit(ada)
    submit(ada, "ping")
    work()

    told = read_newest(redis, app.extensions["bus"], 100)
    topics = {(json.loads(update.data)["kind"], update.topic) for update in told}
    assert topics == {("whisper", f"user:{ada.id}"), ("ping", f"task user:{ada.id}")}
    final = [json.loads(update.data) for update in told if json.loads(update.data)["status"] == "done"]
    assert [news.get("result") for news in final] == [{"whispered": "psst"}, None]


def test_a_large_answer_is_left_out_of_the_news(app, redis, secrets, ada, work):
    submit(ada, loudness=2000)
    work()

    last = json.loads(read_newest(redis, app.extensions["bus"], 1)[0].data)
    assert (last["status"], last["result"]) == ("done", None)


def test_results_are_no_kind(client):
    assert client.post("/api/tasks/results/").status_code == 405
    assert "POST" not in client.options("/api/tasks/results/").headers["Allow"]
