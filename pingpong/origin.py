"""For which request, and on whose behalf, something is done: bound for a request, carried on by its jobs.

What is bound is on every log line (structlog's contextvars). A job's `meta` carries it, so that the lines of
worker and cruncher have the ids of the request that the job comes from.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import structlog

PASSED_ON = ("request_id", "user_id")
"""What a job has from whoever enqueues it."""
NAMED = (*PASSED_ON, "task_id", "entity_id")
"""What log lines tell of a job's meta."""


def current_request_id() -> str | None:
    """The request that this is done for; None if it is for none, as what is done periodically."""
    return _bound().get("request_id")


def current_user_id() -> UUID | None:
    """The person on whose behalf this is done; None if that is nobody in particular."""
    user_id = _bound().get("user_id")
    return UUID(user_id) if user_id else None


def on_behalf_of(
    *, request_id: str | None = None, user_id: UUID | None = None
) -> AbstractContextManager[object]:
    """A block that is done for this request and this person, whatever was bound before."""
    return structlog.contextvars.bound_contextvars(
        request_id=request_id, user_id=str(user_id) if user_id else None
    )


def to_pass_on() -> dict[str, str]:
    """What is done for the same request later or elsewhere has to carry."""
    bound = _bound()
    return {name: bound[name] for name in PASSED_ON if bound.get(name)}


def names_in(meta: Mapping[str, Any]) -> dict[str, str]:
    """The ids that a job carries in its meta."""
    return {name: str(meta[name]) for name in NAMED if meta.get(name)}


def _bound() -> dict[str, Any]:
    return structlog.contextvars.get_contextvars()
