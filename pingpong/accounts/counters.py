"""Counters in Redis, shared by all processes: how often somebody asked, how often a password was tried.

While Redis is away they count nothing, and everything passes.
"""

import itertools
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

import structlog
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from redis import Redis
from redis.exceptions import RedisError

from pingpong.queue.batching import Batcher

log = structlog.get_logger(__name__)

KEY_PREFIX = "pingpong:limit"
LOOK_AGAIN_EVERY_S = 5.0
"""Somebody tries whether Redis is back; all others meanwhile do not wait for it."""
LARGEST_BATCH = 100
"""Clients that one script counts: Redis does nothing else for about a millisecond."""

Answer = TypeVar("Answer")

# The two scripts of `limits`, for many clients in one round trip.
# KEYS: of each client the window before and the present one.
# ARGV: of each the limit, the window in seconds, how many requests.
# Answers, for each: how many of them are all right; of both windows the count and the milliseconds to live.
COUNT_MANY = b"""
local function count(KEYS, ARGV)
%s
end
local function read(KEYS, ARGV)
%s
end
local answers = {}
for i = 1, #KEYS / 2 do
  local keys = {KEYS[2 * i - 1], KEYS[2 * i]}
  local limit, window, asked = ARGV[3 * i - 2], ARGV[3 * i - 1], tonumber(ARGV[3 * i])
  local granted = 0
  while granted < asked and count(keys, {limit, window, 1}) do granted = granted + 1 end
  answers[i] = {granted, read(keys, {window})}
end
return answers
""" % (RedisStorage.SCRIPT_ACQUIRE_SLIDING_WINDOW, RedisStorage.SCRIPT_SLIDING_WINDOW)


class Hit(NamedTuple):
    """One request to be counted: by which limit (such as `100/minute`), for whom, of what."""

    limit: str
    who: str
    scope: str

    @property
    def keys(self) -> tuple[str, str]:
        """Of the window before and of the present one."""
        key = f"{KEY_PREFIX}:{self.scope}:{self.who}:{rate(self.limit).get_expiry()}"
        return f"{key}:before", key


class Left(NamedTuple):
    """What a request has found: whether there was one left for it, and what is left after it."""

    is_granted: bool
    limit: int
    remaining: int
    reset_in_s: float
    """Until there is more."""


class Storage(RedisStorage):
    """Leaves the client of Valkey, which is installed with the server for `make run`, where it is."""

    DEPENDENCIES = {"redis": RedisStorage.DEPENDENCIES["redis"]}


class Counters:
    """The counters of one app: two numbers for each client, whatever the limit, in a window that slides.

    Flask-Limiter's engine without Flask-Limiter, which takes as long as all the rest of a submit; requests of
    the same moment are counted in one round trip. All is by Redis' clock.
    """

    def __init__(self, redis: Redis) -> None:
        # Of the address only the scheme counts, beside a pool of our own.
        self._storage = Storage("redis://", connection_pool=redis.connection_pool)
        self._count_in_redis = redis.register_script(COUNT_MANY)
        self._count = Batcher(self._count_many, LARGEST_BATCH, name="count request")
        self._is_away = False
        self._look_again_at_s = 0.0

    def count(self, hit: Hit) -> Left | None:
        """Count it, if there is one left; None while Redis is away."""
        return None if self._is_resting else self._count(hit)

    def change(self, key: str, limit: RateLimitItem, by: int) -> int:
        """Count in a fixed window, and return what there is now; 0 while Redis is away."""
        return self._ask(lambda: self._storage.incr(key, limit.get_expiry(), by), 0)

    def ends_in_s(self, key: str) -> float:
        """When a fixed window ends."""
        return self._ask(lambda: self._storage.get_expiry(key) - time.time(), 0.0)

    def _count_many(self, hits: Sequence[Hit]) -> Sequence[Left | None]:
        asked = Counter(hits)
        keys = [key for hit in asked for key in hit.keys]
        arguments = [
            value
            for hit, count in asked.items()
            for value in (rate(hit.limit).amount, rate(hit.limit).get_expiry(), count)
        ]
        answers = self._ask(lambda: self._count_in_redis(keys, arguments), None)
        if answers is None:
            return [None] * len(hits)
        found = {hit: _each(hit, *answer) for hit, answer in zip(asked, answers, strict=True)}
        return [next(found[hit]) for hit in hits]

    @property
    def _is_resting(self) -> bool:
        return self._is_away and time.monotonic() < self._look_again_at_s

    def _ask(self, ask: Callable[[], Answer], otherwise: Answer) -> Answer:
        if self._is_resting:
            return otherwise
        self._rest()
        try:
            answer = ask()
        except RedisError as error:
            self._lose(error)
            return otherwise
        self._find()
        return answer

    def _rest(self) -> None:
        self._look_again_at_s = time.monotonic() + LOOK_AGAIN_EVERY_S

    def _lose(self, error: RedisError) -> None:
        self._rest()
        if not self._is_away:
            self._is_away = True
            log.warning("limits_not_counted", error=str(error))

    def _find(self) -> None:
        if self._is_away:
            self._is_away = False
            log.info("limits_counted_again")


def _each(hit: Hit, granted: int, windows: list[Any]) -> Iterator[Left]:
    """What each of the requests has found that were counted together; the rest, without end, were refused."""
    limit, window_s = rate(hit.limit).amount, rate(hit.limit).get_expiry()
    before, before_ends_ms, present, present_ends_ms = (max(0, int(value or 0)) for value in windows)
    share = before * before_ends_ms / 1000 / window_s
    # The window before counts for less and less, and ends when the present one becomes it.
    one_less_s = before_ends_ms / 1000 % (window_s / before) if before else math.inf
    reset_in_s = max(0, min(one_less_s, present_ends_ms / 1000 - window_s))
    remaining = max(0, limit - math.floor(share) - present)
    for later in reversed(range(granted)):
        yield Left(True, limit, remaining + later, reset_in_s)
    yield from itertools.repeat(Left(False, limit, 0, reset_in_s))


@cache
def rate(limit: str) -> RateLimitItem:
    """A limit as the library reads it."""
    return parse(limit)
