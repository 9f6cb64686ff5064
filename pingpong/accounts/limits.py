"""How often one may ask: counted in Redis, by all processes together.

While Redis is away, requests pass: a limit is there to keep the app up, not to take it down.
"""

import re
import time
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import structlog
from flask import Flask, current_app, request
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from pingpong.accounts.address import client_network
from pingpong.accounts.identity import identify
from pingpong.errors import TooManyRequests, Unauthorized
from pingpong.extensions import settings
from pingpong.queue.batching import Batcher

log = structlog.get_logger(__name__)

KEY_PREFIX = "pingpong:limit"
AWAY_FOR_S = 2.0
"""After Redis did not answer, nobody waits for it for so long."""
A_RESULT = re.compile(r"/api/tasks/results/[^/]+/")
DESCRIPTION = "/api/schema/"


class Hit(NamedTuple):
    """One request to be counted: by which limit (such as `100/minute`), for whom, of what."""

    limit: str
    who: str
    scope: str


def init_limits(app: Flask) -> None:
    """Count the requests of the API and the submits, and refuse what is too much."""
    app.extensions["limits"] = Limits(app)
    app.before_request(_count)


class Limits:
    """The counters of one app: two numbers for each client, whatever the limit, in a window that slides.

    Flask-Limiter's engine without Flask-Limiter, which takes as long as all the rest of a submit; requests of
    the same client at the same moment are counted in one step.
    """

    def __init__(self, app: Flask) -> None:
        # Of the address only the scheme counts, beside a pool of our own.
        self.storage = RedisStorage("redis://", connection_pool=app.extensions["redis"].connection_pool)
        self._window = SlidingWindowCounterRateLimiter(self.storage)
        self._hit = Batcher(self._hit_many)
        self._away_until_s = 0.0

    def check(self, hit: Hit) -> None:
        """Count it. Raises TooManyRequests."""
        if time.monotonic() < self._away_until_s:
            return
        try:
            if not self._hit(hit):
                raise TooManyRequests.after(self._reset_in_s(hit), limit=item(hit.limit).amount)
        except RedisError as error:
            if time.monotonic() >= self._away_until_s:
                log.warning("requests_not_counted", error=str(error))
            self._away_until_s = time.monotonic() + AWAY_FOR_S

    def _hit_many(self, hits: Sequence[Hit]) -> list[bool]:
        allowed = {hit: self._allowed(hit, count) for hit, count in Counter(hits).items()}
        answers = []
        for hit in hits:
            answers.append(allowed[hit] > 0)
            allowed[hit] -= 1
        return answers

    def _allowed(self, hit: Hit, count: int) -> int:
        """How many of so many at once are all right."""
        names = (KEY_PREFIX, hit.scope, hit.who)
        if self._window.hit(item(hit.limit), *names, cost=count):
            return count
        one_by_one = (self._window.hit(item(hit.limit), *names) for _ in range(count - 1))
        return next((number for number, is_allowed in enumerate(one_by_one) if not is_allowed), count - 1)

    def _reset_in_s(self, hit: Hit) -> float:
        stats = self._window.get_window_stats(item(hit.limit), KEY_PREFIX, hit.scope, hit.who)
        return max(stats.reset_time - time.time(), 1.0)


@cache
def item(limit: str) -> RateLimitItem:
    """A limit as the library reads it."""
    return parse(limit)


def _count() -> None:
    limits: Limits = current_app.extensions["limits"]
    if _is_submit():
        limits.check(Hit(settings.submit_rate_limit, client_network(), "submit"))
    elif _is_of_the_api():
        who = _who()
        is_person = who.startswith("user:")
        limit = settings.user_rate_limit if is_person else settings.anonymous_rate_limit
        limits.check(Hit(limit, who, "api"))


def _is_submit() -> bool:
    return request.path == "/submit/" and request.method == "POST"


def _is_of_the_api() -> bool:
    """Whether it counts: results are polled, the description has many files, a preflight asks for nothing."""
    path = request.path
    if not path.startswith("/api/") or path.startswith(DESCRIPTION) or request.method == "OPTIONS":
        return False
    return request.method not in {"GET", "HEAD"} or A_RESULT.fullmatch(path) is None


def _who() -> str:
    """The person who asks, or the address if that is nobody. Bad credentials are nobody's."""
    try:
        identity = identify()
    except (Unauthorized, SQLAlchemyError):  # the route meets it, too, and answers
        identity = None
    return f"user:{identity.user.id}" if identity else client_network()
