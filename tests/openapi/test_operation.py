"""What a declared route is given, and what becomes of what it returns."""

import pytest

from tests.openapi.notes import make_app


@pytest.fixture
def client():
    return make_app().test_client()


def fields(response) -> dict:
    assert response.status_code == 422
    assert response.json["error"]["code"] == "validation_error"
    return response.json["error"]["fields"]


def test_a_json_body_arrives_as_its_model(client):
    response = client.post("/api/notes/", json={"text": "ho", "copies": 2})

    assert response.status_code == 201
    assert response.mimetype == "application/json"
    assert response.json == {"id": 1, "text": "hoho"}


def test_a_form_is_as_good_and_its_numbers_are_text(client):
    response = client.post("/api/notes/", data={"text": "a\r\nb", "copies": "2"})

    assert response.json["text"] == "a\nba\nb"


def test_a_route_may_choose_another_status_and_add_headers(client):
    response = client.post("/api/notes/", json={"text": "known"})

    assert response.status_code == 200
    assert response.headers["X-Known"] == "yes"
    assert response.json["text"] == "known"


def test_a_bad_body_is_refused_by_its_fields(client):
    assert fields(client.post("/api/notes/", json={"copies": "2"})) == {
        "text": ["is required"],
        "copies": ["must be a valid integer"],
    }


@pytest.mark.parametrize("copies", [2.0, 2e0])
def test_a_whole_number_is_an_integer_however_json_writes_it(client, copies):
    assert client.post("/api/notes/", json={"text": "ho", "copies": copies}).json["text"] == "hoho"


@pytest.mark.parametrize("copies", [2.5, True, "2"])
def test_what_is_no_integer_is_refused(client, copies):
    assert "copies" in fields(client.post("/api/notes/", json={"text": "ho", "copies": copies}))


def test_a_missing_body_has_no_fields(client):
    assert fields(client.post("/api/notes/")) == {"text": ["is required"]}


@pytest.mark.parametrize("body", ["[]", "null", '"{}"', "5"])
def test_a_body_of_another_shape_is_refused(client, body):
    response = client.post("/api/notes/", data=body, content_type="application/json")

    assert fields(response) == {"body": ["must be an object"]}


@pytest.mark.parametrize(
    ("body", "content_type", "status"), [("{", "application/json", 400), ("text=a", "text/plain", 415)]
)
def test_what_cannot_be_read_is_refused_as_everywhere(client, body, content_type, status):
    response = client.post("/api/notes/", data=body, content_type=content_type)

    assert response.status_code == status
    assert set(response.json["error"]) == {"code", "message", "fields", "request_id"}


def test_a_query_and_headers_arrive_as_their_models(client):
    response = client.get("/notes.txt?limit=3&nonsense=1", headers={"X-Author": "Ada"})

    assert response.text == "Ada 3"


def test_a_bad_query_and_a_missing_header_are_refused_by_name(client):
    assert fields(client.get("/notes.txt?limit=0", headers={"X-Author": "Ada"})) == {
        "limit": ["must be greater than or equal to 1"]
    }
    assert fields(client.get("/notes.txt")) == {"X-Author": ["is required"]}


def test_who_may_not_call_learns_nothing_of_what_was_wrong(client):
    assert client.post("/api/secrets/", json={}).status_code == 401


def test_an_answer_without_a_body_has_none(client):
    response = client.delete("/api/notes/1/")

    assert (response.status_code, response.data) == (204, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/nothing/", 404), ("PUT", "/api/notes/", 405)]
)
def test_unknown_paths_and_methods_answer_in_the_one_format(client, method, path, status):
    response = client.open(path, method=method)

    assert response.status_code == status
    assert set(response.json["error"]) == {"code", "message", "fields", "request_id"}
