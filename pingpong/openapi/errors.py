"""The errors as clients see them: their one shape, and an example of each."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

REQUEST_ID = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"
RETRY_AFTER = {"Retry-After": "When to come back, in seconds."}
RATE_LIMIT = {
    "RateLimit-Limit": "How many requests are let through.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "When there will be more, in seconds.",
}


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str
    message: str
    fields: dict[str, list[str]]
    request_id: str | None


class ErrorBody(BaseModel):
    """Every error, on every route."""

    error: ErrorDetail


@dataclass(frozen=True)
class KnownError:
    """One status with an example of its words."""

    status: HTTPStatus
    code: str
    message: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """What each says; all are whole numbers."""

    @property
    def name(self) -> str:
        """Its name among the description's components: `NotFound`."""
        return self.status.phrase.title().replace(" ", "")

    @property
    def example(self) -> dict[str, Any]:
        """A whole body."""
        return ErrorBody(
            error=ErrorDetail(code=self.code, message=self.message, fields=self.fields, request_id=REQUEST_ID)
        ).model_dump()


KNOWN_ERRORS = {
    int(error.status): error
    for error in (
        KnownError(HTTPStatus.BAD_REQUEST, "malformed_request", "The body is not valid JSON."),
        KnownError(HTTPStatus.UNAUTHORIZED, "unauthorized", "Log in first."),
        KnownError(HTTPStatus.FORBIDDEN, "forbidden", "This is not yours."),
        KnownError(HTTPStatus.NOT_FOUND, "not_found", "There is no such task."),
        KnownError(HTTPStatus.CONFLICT, "conflict", "This has happened already."),
        KnownError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request_entity_too_large", "The body is too large."),
        KnownError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send JSON (application/json) or a form.",
        ),
        KnownError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "validation_error",
            "limit: must be less than or equal to 100",
            fields={"limit": ["must be less than or equal to 100"]},
        ),
        KnownError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many requests; try again in 7 s.",
            headers=RETRY_AFTER | RATE_LIMIT,
        ),
        KnownError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "unavailable",
            "The database is away for a moment; try again.",
            headers=RETRY_AFTER,
        ),
    )
}
