"""Counters in Redis, shared by all processes: how often somebody asked, how often a password was tried.

While Redis is away they count nothing and everything passes. Flask-Limiter's own fallback will not do: of the
requests that meet the loss at the same moment, it answers one and fails all others.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from flask import g
from limits.storage import RedisStorage
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

LOOK_AGAIN_EVERY_S = 5
"""One request tries whether Redis is back; the others meanwhile do not wait for it."""

Answer = TypeVar("Answer")
Window = tuple[int, float, int, float]
"""The count of the window before and when it ends, the count of this one and when it ends; in seconds."""

# The library's own two scripts in one round trip.
# KEYS: the window before, this one. ARGV: the limit, the window in seconds, how many to count.
COUNT_AND_READ = b"""
local function count(KEYS, ARGV)
%s
end
local function read(KEYS, ARGV)
%s
end
return {count(KEYS, ARGV) and 1 or 0, read(KEYS, {ARGV[2]})}
""" % (RedisStorage.SCRIPT_ACQUIRE_SLIDING_WINDOW, RedisStorage.SCRIPT_SLIDING_WINDOW)


class Counters(RedisStorage):
    """The storage of `limits`, for sliding windows (one round trip a request) and fixed ones."""

    STORAGE_SCHEME = ["pingpong"]

    def __init__(self, uri: str, **options: Any) -> None:  # noqa: ANN401 - as the library calls it
        super().__init__(uri, **options)
        self._count_and_read = self.get_connection().register_script(COUNT_AND_READ)
        self._is_away = False
        self._look_again_at_s = 0.0

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count one more, if there may be one; true while Redis is away."""
        windows = (self._previous_window_key(key), self._current_window_key(key))
        keys = [self.prefixed_key(window) for window in windows]
        answer = self._ask(lambda: self._count_and_read(keys, [limit, expiry, amount]), None)
        if answer is None:
            return True
        is_granted, counted = answer
        g.counted_window = _window(counted, expiry)
        return bool(is_granted)

    def get_sliding_window(self, key: str, expiry: int) -> Window:
        """What this request's own count has found."""
        window: Window = g.get("counted_window", (0, 0.0, 0, 0.0))
        return window

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count in a fixed window, and return what there is now; 0 while Redis is away."""
        return self._ask(lambda: super(Counters, self).incr(key, expiry, amount), 0)

    def get_expiry(self, key: str) -> float:
        """When a fixed window ends, in seconds since 1970."""
        return self._ask(lambda: super(Counters, self).get_expiry(key), time.time())

    def _ask(self, ask: Callable[[], Answer], otherwise: Answer) -> Answer:
        if self._is_away and time.monotonic() < self._look_again_at_s:
            return otherwise
        self._look_again_at_s = time.monotonic() + LOOK_AGAIN_EVERY_S
        try:
            answer = ask()
        except RedisError as error:
            self._lost(error)
            return otherwise
        self._found()
        return answer

    def _lost(self, error: RedisError) -> None:
        self._look_again_at_s = time.monotonic() + LOOK_AGAIN_EVERY_S
        if not self._is_away:
            self._is_away = True
            log.warning("limits_not_counted", error=str(error))

    def _found(self) -> None:
        if self._is_away:
            self._is_away = False
            log.info("limits_counted_again")


def _window(counted: list[Any], expiry_s: int) -> Window:
    before, before_ends_ms, now, now_ends_ms = counted
    # Of a window that has just begun, the library would take twice its length for none at all.
    ends_s = min(max(0, now_ends_ms) / 1000, 2 * expiry_s - 0.001)
    return int(before or 0), max(0, before_ends_ms) / 1000, int(now or 0), ends_s
