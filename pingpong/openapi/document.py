"""The description of all declared routes, as OpenAPI 3.1."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, create_model
from werkzeug.routing import Rule

from pingpong.openapi.access import SAFE_METHODS, security_schemes
from pingpong.openapi.errors import KNOWN_ERRORS, ErrorBody, KnownError
from pingpong.openapi.models import Query
from pingpong.openapi.operation import Answer, Operation, operation_of

ABOUT = """A message goes in, a worker answers it three seconds later, every browser sees it at once.

Times are ISO 8601 in UTC, ids are UUIDv7, and every error has one shape. A body may be JSON or a form. Every
response carries an `X-Request-ID`."""
VERSION = "1.0"
OF_A_MODEL = 422
OF_A_BODY = (400, 413, 415, OF_A_MODEL)
OF_AN_API = (429, 503)
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PLACEHOLDER = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")


@dataclass(frozen=True)
class Entry:
    """One operation of the description: a declared view at one address, for one method."""

    operation: Operation
    rule: str
    method: str
    name: str
    summary: str
    takes: dict[str, type[BaseModel]]

    @property
    def path(self) -> str:
        """The address as OpenAPI writes it."""
        return PLACEHOLDER.sub(r"{\1}", self.rule)

    @property
    def errors(self) -> list[int]:
        """The route's own errors, and those of what it takes, of its access and of its place."""
        found = set(self.operation.own_errors)
        if "body" in self.takes:
            found.update(OF_A_BODY)
        if self.takes.keys() - {"path"}:
            found.add(OF_A_MODEL)
        if self.operation.access.knows_accounts:
            found.update({401} if self.method in SAFE_METHODS else {401, 403})
        if self.rule.startswith("/api/"):
            found.update(OF_AN_API)
        return sorted(found)


def describe(app: Flask) -> dict[str, Any]:
    """The description of an app.

    Flask-OpenAPI3 writes it, from an app of its own that serves nobody. Its handling of requests is not ours
    (it makes a JSON Schema for every request and has another format of errors), and so only a process that is
    asked for the description pays for it.
    """
    book = OpenAPI(
        "pingpong",
        info=Info(title="Pingpong", version=VERSION, description=ABOUT),
        security_schemes=security_schemes(app.config["SESSION_COOKIE_NAME"]),
        validation_error_model=ErrorBody,
        doc_ui=False,
    )
    entries = list(_entries(app))
    for entry in entries:
        _write(book, entry)
    document: dict[str, Any] = book.api_doc
    components = document["components"]
    components["responses"] = {error.name: _error(error) for error in KNOWN_ERRORS.values()}
    for entry in entries:
        _complete(document["paths"][entry.path][entry.method.lower()], entry, components["schemas"])
    return document


def _entries(app: Flask) -> Iterator[Entry]:
    for rule in app.url_map.iter_rules():
        operation = operation_of(app.view_functions[rule.endpoint])
        if operation is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield from _entries_of(operation, rule, method)


def _entries_of(operation: Operation, rule: Rule, method: str) -> Iterator[Entry]:
    name = f"{rule.endpoint.replace('.', '_')}_{method.lower()}"
    if operation.each is None:
        takes = {**operation.takes, **_path(operation, rule)}
        yield Entry(operation, rule.rule, method, name, operation.summary, takes)
        return
    for one in operation.each():
        concrete = PLACEHOLDER.sub(one.value, rule.rule)
        takes = {**operation.takes, **({"body": one.body} if one.body else {})}
        yield Entry(operation, concrete, method, f"{name}_{one.value}", one.summary, takes)


def _path(operation: Operation, rule: Rule) -> dict[str, type[BaseModel]]:
    if not rule.arguments:
        return {}
    types = operation.path_types
    fields: dict[str, Any] = {name: (types.get(name, str), ...) for name in sorted(rule.arguments)}
    return {"path": create_model("Path", __base__=Query, **fields)}


def _write(book: OpenAPI, entry: Entry) -> None:
    def view() -> None: ...

    view.__annotations__ = dict(entry.takes)
    operation = entry.operation
    write = getattr(book, entry.method.lower())(
        entry.rule,
        endpoint=entry.name,
        operation_id=entry.name,
        summary=entry.summary,
        description=operation.description,
        tags=[Tag(name=operation.tag.name, description=operation.tag.description)],
        security=operation.access.requirements(entry.method),
        responses={status: _response(answer) for status, answer in operation.answers.items()},
    )
    write(view)


def _response(answer: type[BaseModel] | Answer) -> type[BaseModel] | dict[str, Any] | None:
    if not isinstance(answer, Answer):
        return answer
    if answer.model or not answer.media_type:
        return answer.model
    return {"content": {answer.media_type: {"schema": {"type": "string"}}}}


def _complete(written: dict[str, Any], entry: Entry, schemas: dict[str, Any]) -> None:
    """Add what Flask-OpenAPI3 has no words for: forms, headers, our errors, and an example of everything."""
    errors = [KNOWN_ERRORS[status] for status in entry.errors]
    responses = {str(int(error.status)): {"$ref": f"#/components/responses/{error.name}"} for error in errors}
    for status, answer in entry.operation.answers.items():
        response = responses[str(status)] = written["responses"][str(status)]
        if isinstance(answer, Answer):
            response["description"] = answer.description
            if answer.model and answer.media_type:
                response["content"] = {answer.media_type: response["content"][JSON]}
            if answer.headers:
                response["headers"] = _headers(answer.headers, "string")
        _exemplify(response.get("content", {}), schemas, answer)
    written["responses"] = dict(sorted(responses.items()))
    if "requestBody" in written:
        content = written["requestBody"]["content"]
        _exemplify(content, schemas)
        schema = schemas[content[JSON]["schema"]["$ref"].rpartition("/")[2]]
        written["requestBody"]["required"] = "required" in schema
        if _fits_a_form(schema):
            content[FORM] = content[JSON]


def _fits_a_form(schema: dict[str, Any]) -> bool:
    """Whether its fields are all text, numbers and the like, or lists of these: a form has no objects."""
    fields = schema.get("properties", {}).values()
    kinds = [kind for field in fields for kind in (field, *field.get("anyOf", ()))]
    return not any(kind.get("type") == "object" or "$ref" in kind.get("items", {}) for kind in kinds)


def _exemplify(content: dict[str, Any], schemas: dict[str, Any], answer: object = None) -> None:
    for media in content.values():
        schema = schemas.get(media["schema"].get("$ref", "").rpartition("/")[2], {})
        example = answer.example if isinstance(answer, Answer) and answer.example else schema.get("example")
        if example is not None:
            media["example"] = example


def _error(error: KnownError) -> dict[str, Any]:
    return {
        "description": error.status.phrase,
        "headers": _headers(error.headers, "integer"),
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/ErrorBody"}, "example": error.example}},
    }


def _headers(headers: Mapping[str, str], kind: str) -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": kind}} for name, text in headers.items()}
