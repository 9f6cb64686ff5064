"""How often one may ask: counted in Redis, by all processes together.

While Redis is away, requests pass: a limit is there to keep the app up, not to take it down.
"""

import re
import time
from dataclasses import dataclass

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter, RateLimitExceeded
from sqlalchemy.exc import SQLAlchemyError

from pingpong.accounts.address import client_network
from pingpong.accounts.counters import Counters
from pingpong.accounts.identity import Identity, identify
from pingpong.errors import TooManyRequests, Unauthorized, answer, rate_limit_headers
from pingpong.extensions import settings

KEY_PREFIX = "pingpong:limit"
A_RESULT = re.compile(r"/api/tasks/results/[^/]+/")
DESCRIPTION = "/api/schema/"


@dataclass(frozen=True)
class Quota:
    """How much, and whose: all requests with the same key count together."""

    limit: str
    key: str


def init_limits(app: Flask) -> None:
    """Count the requests of the API and the submits, and refuse what is too much."""
    limiter = Limiter(
        key_func=lambda: _quota_of_request().key,
        application_limits=[lambda: _quota_of_request().limit],
        # Two counters a client, whatever the limit; a window that slides, so that no burst hides in its turn;
        # by Redis' clock alone, while a moving window would be by that of each process.
        strategy="sliding-window-counter",
        key_prefix=KEY_PREFIX,
        storage_uri=f"{Counters.STORAGE_SCHEME[0]}://",
        storage_options={"connection_pool": app.extensions["redis"].connection_pool},
    )
    limiter.request_filter(lambda: _quota() is None)
    limiter.init_app(app)
    app.extensions["limits"] = limiter
    app.register_error_handler(RateLimitExceeded, _refuse)
    app.after_request(_tell_what_is_left)


def _refuse(_: RateLimitExceeded) -> Response:
    limit, _remaining, reset_in_s = _what_is_left() or (0, 0, 1)
    return answer(TooManyRequests.after(reset_in_s, limit=limit))


def _tell_what_is_left(response: Response) -> Response:
    left = _what_is_left()
    if left and "RateLimit-Limit" not in response.headers:
        response.headers.update(rate_limit_headers(*left))
    return response


def _what_is_left() -> tuple[int, int, float] | None:
    """The limit, what is left of it, and in how many seconds there is more; None if nothing was counted."""
    current = current_app.extensions["limits"].current_limit
    if current is None or "counted_window" not in g:
        return None
    return current.limit.amount, current.remaining, max(current.window.reset_time - time.time(), 1)


def _quota_of_request() -> Quota:
    quota = _quota()
    assert quota is not None  # noqa: S101 - the filter lets no other request come this far
    return quota


def _quota() -> Quota | None:
    """The quota that this request counts for; None if it does not count."""
    if "quota" not in g:
        g.quota = _find_quota()
    quota: Quota | None = g.quota
    return quota


def _find_quota() -> Quota | None:
    if request.path == "/submit/" and request.method == "POST":
        return Quota(settings.submit_rate_limit, f"submit:{client_network()}")
    if not _is_counted():
        return None
    identity = _asker()
    if identity:
        return Quota(settings.user_rate_limit, f"api:user:{identity.user.id}")
    return Quota(settings.anonymous_rate_limit, f"api:{client_network()}")


def _is_counted() -> bool:
    """Whether this is a request of the API; results of tasks are polled, and descriptions are but read."""
    path = request.path
    if not path.startswith("/api/") or path.startswith(DESCRIPTION) or request.method == "OPTIONS":
        return False
    return request.method not in {"GET", "HEAD"} or not A_RESULT.fullmatch(path)


def _asker() -> Identity | None:
    """The person who asks. Bad credentials are nobody's."""
    try:
        return identify()
    except (Unauthorized, SQLAlchemyError):  # the route meets it, too, and answers
        return None
