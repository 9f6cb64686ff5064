"""How a declared route is described."""

import pytest
import schemathesis
from flask import Flask

from pingpong.openapi.document import describe
from tests.openapi import notes


@pytest.fixture(scope="module")
def document() -> dict:
    return describe(notes.make_app())


@pytest.fixture(scope="module")
def paths(document) -> dict:
    return document["paths"]


def parameters(operation: dict) -> dict:
    return {(one["in"], one["name"]): one for one in operation["parameters"]}


def test_it_is_openapi(document):
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()


def test_the_docstring_is_summary_and_description(paths):
    written = paths["/api/notes/"]["post"]

    assert written["summary"] == "Write a note"
    assert written["description"] == "Many copies are one note."
    assert written["tags"] == ["Notes"]
    assert written["operationId"] == "notes_write_post"


def test_tags_are_explained(document):
    assert document["tags"] == [{"name": "Notes", "description": "What people write down."}]


def test_a_body_is_described_as_json_and_as_a_form_with_its_example(paths):
    content = paths["/api/notes/"]["post"]["requestBody"]["content"]

    assert set(content) == {"application/json", "application/x-www-form-urlencoded"}
    for media in content.values():
        assert media["schema"] == {"$ref": "#/components/schemas/NewNote"}
        assert media["example"] == {"text": "buy milk", "copies": 2}


def test_a_body_of_which_nothing_is_required_may_be_left_out(paths):
    assert paths["/api/notes/"]["post"]["requestBody"]["required"]
    assert not paths["/api/notes/{note_id}/"]["patch"]["requestBody"]["required"]


def test_an_answer_is_described_by_its_model_with_its_example(paths):
    answer = paths["/api/notes/"]["post"]["responses"]["201"]["content"]["application/json"]

    assert answer == {
        "schema": {"$ref": "#/components/schemas/Note"},
        "example": {"id": 1, "text": "buy milk"},
    }


def test_an_answer_may_be_text_or_nothing(paths):
    assert paths["/notes.txt"]["get"]["responses"]["200"]["content"] == {
        "text/plain": {"schema": {"type": "string"}, "example": "buy milk\n"}
    }
    assert paths["/api/notes/{note_id}/"]["delete"]["responses"]["204"] == {"description": "Gone."}


def test_a_stream_is_described_by_what_it_consists_of(paths):
    assert paths["/notes/stream"]["get"]["responses"]["200"]["content"] == {
        "text/event-stream": {"schema": {"$ref": "#/components/schemas/Note"}, "example": "data: 1"}
    }


def test_what_stands_in_the_path_query_and_headers_is_described(paths):
    note_id = parameters(paths["/api/notes/{note_id}/"]["get"])["path", "note_id"]
    described = parameters(paths["/notes.txt"]["get"])

    assert (note_id["description"], note_id["example"], note_id["required"]) == ("A note's id.", 1, True)
    assert described["query", "limit"]["schema"]["maximum"] == 100
    assert described["query", "limit"]["example"] == 10
    assert described["query", "colour"]["schema"].get("enum") == ["red", "blue"]
    assert described["header", "X-Author"]["required"]


@pytest.mark.parametrize(
    ("path", "method", "errors"),
    [
        ("/api/notes/", "post", {"400", "409", "413", "415", "422", "429", "503"}),
        ("/api/notes/{note_id}/", "get", {"401", "404", "429", "503"}),
        ("/api/notes/{note_id}/", "delete", {"401", "403", "429", "503"}),
        ("/notes.txt", "get", {"422"}),
        ("/api/notes/red/", "post", {"400", "413", "415", "422", "429", "503"}),
    ],
)
def test_errors_follow_from_what_a_route_takes_and_who_may_call_it(paths, path, method, errors):
    assert {status for status in paths[path][method]["responses"] if status >= "400"} == errors


def test_every_error_is_described_once_with_an_example_and_its_headers(document):
    responses = document["components"]["responses"]
    referred = document["paths"]["/api/notes/"]["post"]["responses"]["429"]

    assert referred == {"$ref": "#/components/responses/TooManyRequests"}
    assert responses["TooManyRequests"]["headers"]["Retry-After"]["schema"] == {"type": "integer"}
    for response in responses.values():
        media = response["content"]["application/json"]
        assert media["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
        assert set(media["example"]["error"]) == {"code", "message", "fields", "request_id"}


def test_who_may_call_is_described(document, paths):
    optional, account = paths["/api/notes/{note_id}/"]["get"], paths["/api/notes/{note_id}/"]["delete"]

    assert "security" not in paths["/api/notes/"]["post"]
    assert optional["security"] == [{}, {"bearer": []}, {"session": []}]
    assert account["security"] == [{"bearer": []}, {"session": [], "csrf": []}]
    assert set(document["components"]["securitySchemes"]) == {"bearer", "session", "csrf"}


def test_a_declaration_is_seen_through_other_decorators(paths):
    assert "/api/secrets/" in paths


def test_a_route_may_be_described_once_for_each_value(paths):
    red, blue = paths["/api/notes/red/"]["post"], paths["/api/notes/blue/"]["post"]

    assert (red["summary"], blue["summary"]) == ("Write in red.", "Write in blue.")
    assert red["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/NewNote"
    }
    assert red["responses"]["201"]["headers"]["Location"]["description"] == "Where it is."
    assert "/api/notes/{colour}/" not in paths
    assert paths["/api/notes/red/"]["get"]["summary"] == "Read the red note."
    assert "requestBody" not in paths["/api/notes/red/"]["get"]


def test_routes_that_declare_nothing_are_left_out():
    app = Flask("pages")
    app.get("/page/")(lambda: "a page")

    assert describe(app)["paths"] == {}
