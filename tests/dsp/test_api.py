"""`/api/dsp/…`: what it takes and answers."""

import json
import re
import uuid

import pytest

from pingpong.dsp.answers import Accepted, Refused, StillPending
from tests.conftest import changed
from tests.dsp.graph import API, NOBODY, answered, ask, fail, problems, stored
from tests.people import logged_in, some_one

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def hers(app, ada):
    """Ada, as a client."""
    return logged_in(app, ada)


@pytest.fixture
def eve(app):
    return some_one(app)


def test_an_entity_is_created_and_shown(hers):
    response = ask(hers, "POST", entity_type="campaign", payload={"name": "Autumn"}, ref="campaign-1")

    shown = response.json
    assert response.status_code == 201
    assert uuid.UUID(shown["id"]).version == 7
    for time in ("next_attempt_at", "created_at", "updated_at"):
        assert MOMENT.fullmatch(shown.pop(time))
    assert shown == {
        "id": shown["id"],
        "ref": "campaign-1",
        "entity_type": "campaign",
        "payload": {"name": "Autumn"},
        "status": "pending",
        "failure": None,
        "blocked_reason": None,
        "depends_on": [],
        "attempts": 0,
        "polls": 0,
        "last_error": None,
        "remote_id": None,
        "owner_id": str(hers.id),
    }


def test_a_graph_is_created_at_once_and_shown_in_its_order(hers):
    group = {"entity_type": "ad_group", "depends_on": ["@c"], "payload": {"in": {"$ref": "c.remote_id"}}}

    response = ask(hers, "POST", entities=[group, {"entity_type": "campaign", "ref": "c"}])

    assert response.status_code == 201
    assert set(response.json) == {"entities"}
    shown_group, campaign = response.json["entities"]
    assert (shown_group["status"], campaign["status"]) == ("waiting", "pending")
    assert shown_group["depends_on"] == [campaign["id"]]
    assert shown_group["payload"] == group["payload"]


def test_an_entity_may_depend_on_an_earlier_one_by_its_id(hers):
    first = ask(hers, "POST", entity_type="campaign").json["id"]

    assert ask(hers, "POST", entity_type="ad", depends_on=[first]).json["depends_on"] == [first]


@pytest.mark.parametrize(
    ("entities", "field"),
    [
        ([{"entity_type": "ad"}, {"entity_type": "banner"}], "entities.1.entity_type"),
        ([{"entity_type": "ad", "depends_on": ["@x"]}], "entities.0.depends_on"),
        ([{"entity_type": "ad", "depends_on": ["x"]}], "entities.0.depends_on.0"),
        ([{"entity_type": "ad", "ref": "a"}, {"entity_type": "ad", "ref": "a"}], "entities.1.ref"),
        ([{"entity_type": "ad", "ref": "a", "depends_on": ["@a"]}], "entities"),
        ([{"entity_type": "ad", "payload": {"a": "\0"}}], "entities.0.payload"),
        ([{"entity_type": "ad", "payload": {"a": {"$ref": "x.remote_id"}}}], "entities.0.payload"),
        ([{"entity_type": "ad"}, {}], "entities.1.entity_type"),
        ([{"entity_type": "ad"}, 5], "entities.1"),
        ([], "entities"),
        ({}, "entities"),
    ],
    ids=str,
)
def test_a_bad_graph_is_refused_by_its_fields_and_nothing_of_it_is_stored(hers, entities, field):
    assert list(problems(ask(hers, "POST", entities=entities))) == [field]
    assert stored() == []


def test_a_body_of_more_than_a_megabyte_is_taken_up_to_the_setting(app, hers):
    entities = [{"entity_type": "ad", "payload": {"text": "x" * 50_000}} for _ in range(30)]
    assert ask(hers, "POST", entities=entities).status_code == 201

    with changed(app, dsp_max_upload_bytes=1_400_000):
        refused = ask(hers, "POST", entities=entities)

    assert (refused.status_code, refused.json["error"]["code"]) == (413, "request_entity_too_large")
    assert len(stored()) == 30


def test_what_is_no_larger_elsewhere_stays_so(hers):
    assert ask(hers, "POST", "cancel/", ids=[NOBODY], more="x" * 1_500_000).status_code == 413


def test_too_large_a_payload_is_refused(hers):
    response = ask(hers, "POST", entity_type="ad", payload={"text": "x" * 65_536})

    assert problems(response) == {"payload": ["must have at most 65536 bytes as JSON"]}


@pytest.mark.parametrize(
    "body", ["[]", '"text"', "null", "{", '{"payload": NaN}', '{"payload": {"n": 1e999}}']
)
def test_a_body_of_another_shape_is_refused(hers, body):
    response = hers.browser.post(API, data=body, headers=hers.csrf, content_type="application/json")

    assert response.status_code in {400, 422}
    assert stored() == []


ROUTES = [
    ("GET", f"{NOBODY}/"),
    ("PATCH", f"{NOBODY}/"),
    ("GET", f"{NOBODY}/audit/"),
    ("GET", f"{NOBODY}/graph/"),
    ("POST", f"{NOBODY}/retry/"),
    ("POST", f"{NOBODY}/cancel/"),
]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", ""), ("POST", "retry/"), ("POST", "cancel/"), ("GET", "../standing/"), *ROUTES],
    ids=str,
)
def test_who_is_nobody_is_let_in_nowhere(client, method, path):
    address = "/api/dsp/standing/" if path.startswith("..") else API + path

    response = client.open(address, method=method, json=None if method == "GET" else {})

    assert (response.status_code, response.json["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_what_is_not_there_and_what_belongs_to_others_is_not_found(submit, hers, eve, method, path):
    [campaign] = submit(campaign=[])

    for person, address in ((hers, path), (eve, path.replace(NOBODY, str(campaign.id)))):
        response = ask(person, method, address)
        assert (response.status_code, response.json["error"]["message"]) == (404, "There is no such entity.")

    assert ask(hers, method, path.replace(NOBODY, str(campaign.id))).status_code in {200, 409}


def test_an_administrator_sees_all(app, submit):
    admin = some_one(app, is_admin=True)
    [campaign] = submit(campaign=[])

    assert ask(admin, "GET", f"{campaign.id}/").json["ref"] == "campaign"
    assert [one["ref"] for one in ask(admin, "GET").json["items"]] == ["campaign"]
    assert ask(admin, "POST", f"{campaign.id}/cancel/").json["status"] == "cancelled"


def test_ones_own_are_listed_filtered_and_paged(submit, hers, eve):
    failed, *_ = submit(failed=[], held=["failed"], fine=[])
    fail(failed)

    first = ask(hers, "GET", "?limit=2").json
    second = ask(hers, "GET", f"?limit=2&after={first['next']}").json

    assert [one["ref"] for one in first["items"] + second["items"]] == ["fine", "held", "failed"]
    assert second["next"] is None
    assert [one["ref"] for one in ask(hers, "GET", "?status=waiting&blocked=true&q=HE").json["items"]] == [
        "held"
    ]
    assert ask(eve, "GET").json == {"items": [], "next": None}


@pytest.mark.parametrize(
    "query", ["status=odd", "limit=0", "limit=101", "after=x", "blocked=maybe", "q=%00", "entity_type=%00"]
)
def test_a_bad_query_is_refused_by_its_field(hers, query):
    assert list(problems(ask(hers, "GET", f"?{query}"))) == [query.partition("=")[0]]


def test_requests_are_shown_newest_first(submit, hers):
    [campaign] = submit(campaign=[])
    answered(campaign, Accepted("remote-1"), StillPending(), Refused("the budget is missing"))

    page = ask(hers, "GET", f"{campaign.id}/audit/?limit=1").json
    older = ask(hers, "GET", f"{campaign.id}/audit/?after={page['next']}").json

    [shown] = page["items"]
    assert MOMENT.fullmatch(shown.pop("time"))
    assert shown == {
        "action": "poll",
        "attempt": 2,
        "method": "POST",
        "url": "http://dsp/v1/campaign",
        "request": None,
        "http_status": None,
        "response": None,
        "duration_ms": None,
        "backoff_secs": None,
        "error": "the budget is missing",
    }
    assert [one["action"] for one in older["items"]] == ["poll", "submit"]
    assert older["next"] is None


def test_a_graph_is_shown_with_its_edges(submit, hers):
    campaign, group = submit(campaign=[], group=["campaign"])

    shown = ask(hers, "GET", f"{campaign.id}/graph/").json

    assert [node["ref"] for node in shown["nodes"]] == ["campaign", "group"]
    assert set(shown["nodes"][0]) == {"id", "ref", "entity_type", "status", "blocked_reason"}
    assert (shown["edges"], shown["is_whole"]) == ([[str(group.id), str(campaign.id)]], True)


def test_how_all_stands_is_told(submit, hers):
    submit(campaign=[], group=["campaign"])

    shown = hers.browser.get("/api/dsp/standing/").json

    assert (shown["limit"], shown["window_s"], shown["used"], shown["stopped_for_s"]) == (40, 60.0, 0, 0.0)
    assert shown["circuit"] == {"status": "closed", "next_probe_in_s": None}
    assert shown["entities"] == {
        "waiting": 1,
        "pending": 1,
        "submitted": 0,
        "completed": 0,
        "failed": 0,
        "cancelled": 0,
    }
    assert (shown["blocked"], shown["is_configured"]) == (0, False)


def test_only_who_is_known_may_send_more_than_a_megabyte(client):
    body = json.dumps({"entities": [{"entity_type": "ad", "payload": {"text": "x" * 1_500_000}}]})

    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        response = client.post(API, data=body, headers=headers, content_type="application/json")
        assert response.status_code == 413
