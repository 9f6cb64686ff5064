"""Tries of a password: few wrong ones, for an account from an address and for an address at all.

A try is counted before it is checked, so that tries at the same time count as well, and given back if it was
right. Whether there is such an account makes no difference.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import current_app
from limits import RateLimitItem
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from pingpong.accounts.address import client_network
from pingpong.accounts.limits import KEY_PREFIX, item
from pingpong.errors import InvalidInput, TooManyRequests, Unauthorized
from pingpong.extensions import settings

log = structlog.get_logger(__name__)

Counter = tuple[RateLimitItem, tuple[str, ...]]


@contextmanager
def password_attempt(name: str) -> Iterator[None]:
    """Check a password inside of this: Unauthorized and InvalidInput mean that it was wrong.

    Raises TooManyRequests before anything is checked.
    """
    counters = _counters(name)
    _count(counters)
    is_wrong = False
    try:
        yield
    except (Unauthorized, InvalidInput):
        is_wrong = True
        raise
    finally:
        if not is_wrong:
            _give_back(counters)


def _counters(name: str) -> list[Counter]:
    address = client_network()
    # A name may be of any length, and is nobody's business in Redis.
    account = hashlib.sha256(name.strip().lower().encode()).hexdigest()
    return [
        (item(settings.login_rate_limit), (KEY_PREFIX, "login", account, address)),
        (item(settings.login_address_rate_limit), (KEY_PREFIX, "login", address)),
    ]


def _count(counters: list[Counter]) -> None:
    try:
        for limit, names in counters:
            if not _limiter().hit(limit, *names):
                reset_at_s = _limiter().get_window_stats(limit, *names).reset_time
                raise TooManyRequests.after(max(reset_at_s - time.time(), 1), limit=limit.amount)
    except RedisError as error:
        log.warning("attempts_not_counted", error=str(error))


def _give_back(counters: list[Counter]) -> None:
    try:
        for limit, names in counters:
            _limiter().storage.incr(limit.key_for(*names), limit.get_expiry(), amount=-1)
    except RedisError as error:
        log.warning("attempts_not_given_back", error=str(error))


def _limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(current_app.extensions["limits"].storage)
