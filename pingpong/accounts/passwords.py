"""Passwords: argon2id (RFC 9106), computed beside the event loop, never in it."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from gevent import monkey
from gevent.threadpool import ThreadPool

SHORTEST = 8
LONGEST = 128
AT_ONCE = 2
"""Hashes computed at the same time in one process: each takes a core and 19 MiB while it lasts."""

Result = TypeVar("Result")

# The parameters of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$XBEvwEXHO4XGtyIdge+dnQ$GAO5xGW67qiZ2D8qaGKkBj61+GISOSVULUPH4hyX6M0"
"""Checked for a person who does not exist, so that it takes the same time; of a password thrown away."""


def make_hash(password: str) -> str:
    """What is stored in place of a password."""
    return _beside(_hasher.hash, password)


def is_right(known_hash: str, password: str) -> bool:
    """Whether this is the password of the hash."""
    return _beside(_matches, known_hash, password)


def _matches(known_hash: str, password: str) -> bool:
    """Raises nothing for a wrong one: gevent takes what is raised in a thread of its pool for a fault."""
    try:
        return _hasher.verify(known_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(known_hash: str) -> bool:
    """Whether the hash was made with other parameters than those of today."""
    return _hasher.check_needs_rehash(known_hash)


def is_common(password: str) -> bool:
    """Whether it is one of the passwords that are tried first."""
    return password.lower() in _common()


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - 3 MB that only registering needs

    return frozenset(FREQUENCY_LISTS["passwords"])


def _beside(compute: Callable[..., Result], *arguments: Any) -> Result:  # noqa: ANN401 - whatever it takes
    """In a thread of its own where greenlets would wait; elsewhere here."""
    if not monkey.is_module_patched("threading"):
        return compute(*arguments)
    result: Result = _pool().apply(compute, arguments)
    return result


@cache
def _pool() -> ThreadPool:
    return ThreadPool(AT_ONCE)
