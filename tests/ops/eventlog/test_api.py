"""`GET /api/events-log/` and the same as CSV."""

import csv
import io

from pingpong import create_app
from pingpong.ops.eventlog.schemas import EventPage
from tests.ops.eventlog.looking import NOON, batched, come, happened, series

PATH = "/api/events-log/"


def test_only_administrators_are_answered(app, client):
    assert client.get(PATH).status_code == 401
    assert client.get(f"{PATH}?limit=0").status_code == 401
    assert client.get(PATH, headers=come(app).bearer).status_code == 403


def test_an_event_has_the_form_of_the_wire(app, client):
    root = come(app, is_admin=True)
    id_ = happened("task.answered", NOON, actor_id=root.id, request_id="one", context={"duration_ms": 3007})
    batch_id = batched(id_, shipped_ago_s=1)

    answer = client.get(PATH, headers=root.bearer).json

    (item,) = answer["items"]
    assert item.pop("shipped_at").endswith("Z")
    assert item == {
        "id": str(id_),
        "event_type": "task.answered",
        "version": 1,
        "context": {"duration_ms": 3007},
        "environment": "test",
        "request_id": "one",
        "actor_id": str(root.id),
        "occurred_at": "2026-11-20T12:00:00.000000Z",
        "state": "shipped",
        "batch_id": str(batch_id),
        "error": None,
    }
    assert answer["next"] is None
    assert client.get("/api/schema/").json["paths"][PATH]["get"]["responses"].keys() >= {"200", "401", "403"}


def test_a_page_goes_on_with_its_cursor(app, client):
    root = come(app, is_admin=True)
    ids = [str(id_) for id_ in series(7)]

    first = client.get(f"{PATH}?limit=5", headers=root.bearer).json
    second = client.get(f"{PATH}?limit=5&after={first['next']}", headers=root.bearer).json

    assert [item["id"] for page in (first, second) for item in page["items"]] == ids
    assert second["next"] is None
    EventPage.model_validate(first)


def test_a_bad_filter_is_named(app, client):
    root = come(app, is_admin=True)

    answer = client.get(f"{PATH}?state=asleep&limit=101", headers=root.bearer)

    assert answer.status_code == 422
    assert answer.json["error"]["fields"].keys() == {"state", "limit"}


def test_all_that_match_come_as_csv(app):
    root = come(app, is_admin=True)
    series(30, "task.answered")
    series(3, "message.posted", request_id="-1+1", context={"kind": "ü"})

    answer = root.browser.get("/events-log/events.csv?event_type=message.posted")
    lines = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.mimetype == "text/csv"
    assert "events.csv" in answer.headers["Content-Disposition"]
    assert [line["event_type"] for line in lines] == ["message.posted"] * 3
    assert lines[0]["occurred_at"] == "2026-11-20T12:00:02.000000Z"
    assert (lines[0]["context"], lines[0]["request_id"]) == ('{"kind": "ü"}', "'-1+1")
    assert len(root.browser.get("/events-log/events.csv").text.splitlines()) == 34


def test_bad_filters_of_the_csv_are_an_error(app):
    root = come(app, is_admin=True)

    assert root.browser.get("/events-log/events.csv?state=asleep").status_code == 422


def test_a_page_of_another_origin_may_ask_whether_it_may_ask(app, settings):
    friendly = create_app(settings.model_copy(update={"cors_origins": ("http://localhost:3000",)}))
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET"}

    answer = friendly.test_client().options(PATH, headers=asked)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
