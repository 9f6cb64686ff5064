"""From a request to a route's models, and from what the route returns to a response."""

from collections.abc import Callable
from typing import Any, get_origin

from flask import Response, make_response, request
from pydantic import BaseModel, ValidationError

from pingpong.errors import InvalidInput


def given_body() -> dict[str, Any]:
    """The body's fields, from JSON or a form; a request without a body has none.

    Raises InvalidInput for JSON of another shape. What is not JSON at all has been refused before.
    """
    if not request.is_json:
        # A form sends each line end as two characters; the person typed one.
        return {name: text.replace("\r\n", "\n") for name, text in request.form.items()}
    body = request.get_json()
    if not isinstance(body, dict):
        raise InvalidInput.of(body="must be an object")
    return body


def read(name: str, model: type[BaseModel]) -> BaseModel:
    """The request's `body`, `query` or `header` as the model. Raises InvalidInput."""
    strict = None if name == "body" and request.is_json else False
    try:
        return model.model_validate(_GIVEN[name](model), strict=strict)
    except ValidationError as error:
        raise InvalidInput.from_pydantic(error, names={"body": name}) from None


def _headers(model: type[BaseModel]) -> dict[str, str]:
    names = [field.alias or name for name, field in model.model_fields.items()]
    return {name: request.headers[name] for name in names if name in request.headers}


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """The body's fields; a form sends those of a list under one name."""
    given = given_body()
    if not request.is_json:
        several = [name for name, field in model.model_fields.items() if get_origin(field.annotation) is list]
        given.update({name: request.form.getlist(name) for name in several if name in given})
    return given


_GIVEN: dict[str, Callable[[type[BaseModel]], dict[str, Any]]] = {
    "body": _body,
    "query": lambda model: request.args.to_dict(),
    "header": _headers,
}


def respond(returned: Any, status: int) -> Response:  # noqa: ANN401 - whatever Flask takes, or a model
    """What a route returned, as a response; a model becomes JSON, with this status if none was given."""
    body, *rest = returned if isinstance(returned, tuple) else (returned,)
    if isinstance(body, BaseModel):
        body = Response(body.model_dump_json(by_alias=True), status, mimetype="application/json")
    return make_response((body, *rest)) if rest else make_response(body)
