"""Tries of a password: few wrong ones, for an account from an address and for an address at all.

A try is counted before it is checked, so that tries at the same time count as well, and given back if it was
right or not checked at all. Whether there is such an account makes no difference.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from limits import RateLimitItem

from pingpong.accounts.address import client_network
from pingpong.accounts.counters import KEY_PREFIX, rate
from pingpong.accounts.limits import current_counters
from pingpong.errors import InvalidInput, TooManyRequests, Unauthorized
from pingpong.extensions import settings


@dataclass(frozen=True)
class Tries:
    """Those of one account from one address, or of one address, within a while."""

    limit: RateLimitItem
    key: str

    def count(self) -> int:
        """How many there are with one more; 0 while Redis is away."""
        return current_counters().change(self.key, self.limit, 1)

    def give_back(self) -> None:
        """One less."""
        current_counters().change(self.key, self.limit, -1)

    def refusal(self) -> TooManyRequests:
        """What is said to whoever has had all of them."""
        return TooManyRequests.after(current_counters().ends_in_s(self.key), limit=self.limit.amount)


@contextmanager
def password_attempt(name: str) -> Iterator[None]:
    """Check a password inside of this: Unauthorized and InvalidInput mean that it was wrong.

    Raises TooManyRequests before anything is checked.
    """
    counted: list[Tries] = []
    is_wrong = False
    try:
        _count(name, counted)
        yield
    except (Unauthorized, InvalidInput):
        is_wrong = True
        raise
    finally:
        if not is_wrong:
            for tries in counted:
                tries.give_back()


def _count(name: str, counted: list[Tries]) -> None:
    for tries in _tries(name):
        number = tries.count()
        if number:
            counted.append(tries)
        if number > tries.limit.amount:
            raise tries.refusal()


def _tries(name: str) -> list[Tries]:
    address = client_network()
    # A name may be of any length, and is nobody's business in Redis.
    account = hashlib.sha256(name.strip().lower().encode()).hexdigest()
    of_account, of_address = rate(settings.login_rate_limit), rate(settings.login_address_rate_limit)
    return [
        Tries(of_account, f"{KEY_PREFIX}:login:{account}:{address}"),
        Tries(of_address, f"{KEY_PREFIX}:login:{address}"),
    ]
