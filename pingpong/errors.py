"""The family of errors, and the one handler that turns them into the one format.

```json
{"error": {"code": "…", "message": "…", "fields": {"name": ["…"]}, "request_id": "…"}}
```
A browser that asks for a page gets the same error as a page.
"""

import math
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

log = structlog.get_logger(__name__)

DATABASE_RETRY_AFTER_S = 5
# What nginx calls a lingering close: we read on, so that the client can finish and then read our answer.
DISCARD_AT_MOST_BYTES = 64 * 1024 * 1024

WORDS: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not know that method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
}
# Python's own phrases change from version to version.
CODES: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "malformed_request",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request_entity_too_large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
}


MOST_TOLD = 100
"""Problems of one request; who has more of them learns of the others next time."""


class PingpongError(Exception):
    """An error that the client is told of.

    `fields` names the faulty inputs; `retry_after_s` says when to come back.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal_error"
    headers: Mapping[str, str] = {}

    def __init__(
        self, message: str, *, fields: dict[str, list[str]] | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}
        self.retry_after_s = retry_after_s

    @property
    def is_expected(self) -> bool:
        """Whether nobody here has to mend anything: it is then not reported."""
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR


class MalformedRequest(PingpongError):
    """The request cannot be read at all."""

    status = HTTPStatus.BAD_REQUEST
    code = "malformed_request"


class Unauthorized(PingpongError):
    """Nobody is logged in, or the credentials are no good (RFC 6750 §3)."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"
    headers = {"WWW-Authenticate": "Bearer"}


class Forbidden(PingpongError):
    """This person may not do that."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class Conflict(PingpongError):
    """It cannot be so beside what there already is."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class NotFound(PingpongError):
    """There is no such thing, or none that this client may see."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class UnsupportedMediaType(PingpongError):
    """The body is neither JSON nor a form."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"


class InvalidInput(PingpongError):
    """The request can be read, but what it says is not acceptable."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "validation_error"

    @classmethod
    def of(cls, **fields: str) -> "InvalidInput":
        """One problem a field: `InvalidInput.of(limit="must be at most 100")`."""
        return cls.of_fields({name: [problem] for name, problem in fields.items()})

    @classmethod
    def from_pydantic(cls, error: ValidationError, names: dict[str, str] | None = None) -> "InvalidInput":
        """Pydantic's errors by field; `names` maps a parameter to what the client calls it."""
        fields: dict[str, list[str]] = {}
        problems = error.errors(include_url=False, include_input=False)
        for problem in problems[:MOST_TOLD]:
            path = ".".join(str(part) for part in problem["loc"]) or "body"
            fields.setdefault((names or {}).get(path, path), []).append(_wording(problem["msg"]))
        return cls.of_fields(fields)

    @classmethod
    def of_fields(cls, fields: dict[str, list[str]]) -> "InvalidInput":
        """Several problems a field."""
        sentences = [f"{name}: {problem}" for name, problems in fields.items() for problem in problems]
        return cls("; ".join(sentences), fields=fields)


class TooManyRequests(PingpongError):
    """This client asks too often (RFC 6585 §4)."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"

    @classmethod
    def after(cls, seconds: float, *, limit: int) -> "TooManyRequests":
        """More than `limit`; in so many seconds there may be more."""
        wait_s = max(1, math.ceil(seconds))
        error = cls(f"Too many requests; try again in {wait_s} s.", retry_after_s=wait_s)
        error.headers = rate_limit_headers(limit, 0, wait_s)
        return error


class Unavailable(PingpongError):
    """Something that the request needs is away for now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"


def rate_limit_headers(limit: int, remaining: int, reset_in_s: float) -> dict[str, str]:
    """How much is let through, what is left of it, and in how many seconds there is more."""
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(max(1, math.ceil(reset_in_s))),
    }


def init_errors(app: Flask) -> None:
    """Answer every error of every route in the one format."""
    app.register_error_handler(PingpongError, answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(RequestEntityTooLarge, _answer_too_large)
    for error in (OperationalError, InterfaceError, PoolTimeoutError):
        app.register_error_handler(error, _answer_database_away)
    app.register_error_handler(InternalServerError, _answer_unexpected)


def answer(error: PingpongError) -> Response:
    """The error as the client wants it: as JSON or as a page."""
    response = _page(error) if wants_page() else _json(error)
    return mark(response, error)


def mark(response: Response, error: PingpongError) -> Response:
    """Give a response the status and the headers of an error, whatever its body is."""
    response.status_code = error.status
    response.headers.update(error.headers)
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    return response


def _answer_http(error: HTTPException) -> Response:
    """Errors of Flask and Werkzeug (404, 405, …), with the headers that they bring, such as `Allow`."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response())
    known = PingpongError(WORDS.get(error.code) or error.description or error.name)
    known.status = HTTPStatus(error.code)
    known.code = CODES.get(error.code, f"http_{error.code}")
    response = answer(known)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _answer_too_large(error: RequestEntityTooLarge) -> Response:
    stream = request.environ["wsgi.input"]
    discarded = 0
    while discarded < DISCARD_AT_MOST_BYTES and (chunk := stream.read(64 * 1024)):
        discarded += len(chunk)
    return _answer_http(error)


def _answer_database_away(error: Exception) -> Response:
    log.error("database_unavailable", error=_first_line(error))
    return answer(
        Unavailable("The database is away for a moment; try again.", retry_after_s=DATABASE_RETRY_AFTER_S)
    )


def _answer_unexpected(error: InternalServerError) -> Response:
    """Flask has logged the original error with its stack; the client learns only the request's id."""
    return answer(PingpongError("Something went wrong here; it has been logged."))


def _json(error: PingpongError) -> Response:
    return jsonify(
        error={
            "code": error.code,
            "message": error.message,
            "fields": error.fields,
            "request_id": g.get("request_id"),
        }
    )


def _page(error: PingpongError) -> Response:
    retry_after = None if error.retry_after_s is None else math.ceil(error.retry_after_s)
    return make_response(
        render_template(
            "pages/error.html",
            status=int(error.status),
            title=error.status.phrase,
            message=error.message,
            request_id=g.get("request_id"),
            retry_after=retry_after,
            is_failure=True,
        )
    )


def wants_page() -> bool:
    """Whether the client is a browser that asks for a page; routes below `/api/` have none."""
    if request.path.startswith("/api/"):
        return False
    g.varies_by_accept = True
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _wording(message: str) -> str:
    """Pydantic's sentence as ours: "String should have …" becomes "must have …"."""
    message = message.removeprefix("Value error, ")
    for theirs, ours in _WORDINGS:
        if message.startswith(theirs):
            return ours + message.removeprefix(theirs)
    return message


_WORDINGS = (
    ("Field required", "is required"),
    ("String should", "must"),
    ("Input should", "must"),
    ("Value should", "must"),
)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
