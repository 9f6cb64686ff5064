"""How often one may ask: counted in Redis, by all processes together.

While Redis is away, requests pass: a limit is there to keep the app up, not to take it down.
"""

import re
import time
from collections.abc import Callable

from flask import Flask, Response, current_app, request
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded
from sqlalchemy.exc import SQLAlchemyError

from pingpong.accounts.address import client_network
from pingpong.accounts.identity import identify
from pingpong.errors import TooManyRequests, Unauthorized, answer
from pingpong.extensions import settings

KEY_PREFIX = "pingpong:limit"
NO_LIMIT = "1000000000 per second"
"""What holds, in the process' own memory, until Redis is back."""
A_RESULT = re.compile(r"/api/tasks/results/[^/]+/")
DESCRIPTION = "/api/schema/"


def init_limits(app: Flask) -> None:
    """Count the requests of the API and the submits, and refuse what is too much."""
    limiter = Limiter(
        key_func=client_network,
        application_limits=[
            _limit(_limit_of_the_api, _who, "api", _is_unlimited),
            _limit(lambda: settings.submit_rate_limit, client_network, "submit", _is_no_submit),
        ],
        # Two counters a client, whatever the limit; a window that slides, so that no burst hides in its turn.
        strategy="sliding-window-counter",
        in_memory_fallback=[NO_LIMIT],
        key_prefix=KEY_PREFIX,
        storage_uri="redis://",  # of which only the scheme counts, beside a pool of our own
        storage_options={"connection_pool": app.extensions["redis"].connection_pool},
    )
    limiter.init_app(app)
    app.extensions["limits"] = limiter
    app.register_error_handler(RateLimitExceeded, _refuse)


def _limit(
    limit: Callable[[], str], key: Callable[[], str], scope: str, exempt_when: Callable[[], bool]
) -> ApplicationLimit:
    made = ApplicationLimit(limit_provider=limit, key_function=key, scope=scope, exempt_when=exempt_when)
    made.finalized = True  # or Flask-Limiter gives all of them the same exceptions
    return made


def _refuse(_: RateLimitExceeded) -> Response:
    limiter: Limiter = current_app.extensions["limits"]
    breached = limiter.current_limit
    amount, reset_in_s = 0, 1.0
    if breached:
        amount, reset_in_s = breached.limit.amount, max(breached.reset_at - time.time(), 1.0)
    return answer(TooManyRequests.after(reset_in_s, limit=amount))


def _is_unlimited() -> bool:
    """Whether this is no request of the API, or one that is not counted: the result of a task is polled."""
    path = request.path
    if not path.startswith("/api/") or path.startswith(DESCRIPTION) or request.method == "OPTIONS":
        return True
    return request.method in {"GET", "HEAD"} and A_RESULT.fullmatch(path) is not None


def _is_no_submit() -> bool:
    return request.path != "/submit/" or request.method != "POST"


def _limit_of_the_api() -> str:
    return settings.user_rate_limit if _who().startswith("user:") else settings.anonymous_rate_limit


def _who() -> str:
    """The person who asks, or the address if that is nobody. Bad credentials are nobody's."""
    try:
        identity = identify()
    except (Unauthorized, SQLAlchemyError):  # the route meets it, too, and answers
        identity = None
    return f"user:{identity.user.id}" if identity else client_network()
