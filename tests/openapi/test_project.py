"""The description of pingpong itself: all of it is there, and all of it is true in itself."""

import json
from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
from pydantic import BaseModel

from pingpong import create_app, errors
from pingpong.errors import CODES, PingpongError
from pingpong.openapi.errors import KNOWN_ERRORS
from pingpong.openapi.operation import Answer, Operation, operation_of
from pingpong.settings import load_settings

ALSO = {"/submit/", "/healthz", "/readyz", "/events/", "/history.csv"}
PAGES = ("/api/schema/swagger-ui/", "/api/schema/redoc/", "/api/schema/static/", "/api/schema/<any(")


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(load_settings(PINGPONG_ENV="test", database_url="postgresql://", redis_url="redis://"))


@pytest.fixture(scope="module")
def document(app) -> dict:
    return app.test_client().get("/api/schema/").json


def operations(app: Flask) -> Iterator[Operation]:
    for view in app.view_functions.values():
        if operation := operation_of(view):
            yield operation


def described(document: dict) -> Iterator[tuple[str, dict]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def models(operation: Operation) -> Iterator[tuple[type[BaseModel], str]]:
    for model in operation.takes.values():
        yield model, "validation"
    for concrete in operation.each() if operation.each else ():
        if concrete.body:
            yield concrete.body, "validation"
    for answer in operation.answers.values():
        model = answer.model if isinstance(answer, Answer) else answer
        if model is not None:
            yield model, "serialization"


def contents(operation: dict) -> Iterator[dict]:
    places = [operation.get("requestBody", {}), *operation["responses"].values()]
    for place in places:
        yield from place.get("content", {}).values()


def test_it_is_valid(document):
    schemathesis.openapi.from_dict(document).validate()


def test_every_json_route_declares_itself(app):
    undeclared = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if (rule.rule.startswith("/api/") and not rule.rule.startswith(PAGES)) or rule.rule in ALSO
        if operation_of(app.view_functions[rule.endpoint]) is None
    ]

    assert undeclared == []


def test_the_known_routes_are_there(document):
    assert document["paths"].keys() >= {
        *ALSO,
        "/api/history/",
        "/api/tasks/results/{task_id}/",
        "/api/schema/",
    }


def test_every_operation_has_a_summary_and_a_tag(document):
    assert [name for name, operation in described(document) if not operation.get("summary")] == []
    assert [name for name, operation in described(document) if operation["tags"] == ["default"]] == []


def test_every_body_and_answer_has_an_example(document):
    lacking = [
        (name, media["schema"])
        for name, operation in described(document)
        for media in contents(operation)
        if "example" not in media
    ]

    assert lacking == []


def test_every_operation_below_api_says_what_may_go_wrong(document):
    for name, operation in described(document):
        if "/api/" in name:
            assert operation["responses"].keys() >= {"429", "503"}, name
        if "requestBody" in operation:
            assert operation["responses"].keys() >= {"400", "413", "415", "422"}, name


def test_every_example_is_what_its_model_says(app):
    for operation in operations(app):
        for model, mode in models(operation):
            example = model.model_json_schema(mode=mode).get("example")
            if example is not None:
                model.model_validate_json(json.dumps(example))


def test_the_errors_described_are_those_that_are_sent():
    raised = [
        one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, PingpongError)
    ]
    sent = {error.status: error.code for error in raised} | CODES

    for error in KNOWN_ERRORS.values():
        assert error.code == sent.get(error.status, error.code)


def test_no_two_models_have_one_name(app):
    seen: dict[str, dict] = {}
    for operation in operations(app):
        for model, mode in models(operation):
            schema = model.model_json_schema(mode=mode)
            for name, found in {**schema.pop("$defs", {}), schema["title"]: schema}.items():
                assert seen.setdefault(name, found) == found, f"two models are named {name}"


def test_only_bodies_without_objects_may_come_as_forms(document):
    kinds = {
        path: set(document["paths"][path]["post"]["requestBody"]["content"])
        for path in ("/api/dsp/entities/", "/api/dsp/entities/retry/", "/submit/")
    }

    form_or_json = {"application/json", "application/x-www-form-urlencoded"}
    assert kinds == {
        "/api/dsp/entities/": {"application/json"},
        "/api/dsp/entities/retry/": form_or_json,
        "/submit/": form_or_json,
    }
