"""Counting primes: work that computes."""

import math
from typing import Annotated

from pydantic import Field

from pingpong.tasks.context import TaskContext
from pingpong.tasks.registry import task

LARGEST_LIMIT = 10_000_000_000
SEGMENT = 1_000_000
"""Numbers sieved at once: a megabyte, whatever the limit."""


@task(queue="cpu", timeout_s=600)
def count_primes(
    ctx: TaskContext, limit: Annotated[int, Field(ge=0, le=LARGEST_LIMIT, examples=[1000])]
) -> dict[str, int]:
    """Count the primes up to a limit, and tell how far it has come."""
    small = _primes_up_to(math.isqrt(limit))
    count = 0
    for start in range(2, limit + 1, SEGMENT):
        count += _count_between(start, min(start + SEGMENT, limit + 1), small)
        ctx.progress(100 * start / limit)
    return {"count": count}


def _primes_up_to(limit: int) -> list[int]:
    """The sieve of Eratosthenes."""
    is_prime = bytearray([1]) * (limit + 1)
    is_prime[:2] = bytes(min(2, limit + 1))
    for number in range(2, math.isqrt(limit) + 1):
        if is_prime[number]:
            is_prime[number * number :: number] = bytes(len(range(number * number, limit + 1, number)))
    return [number for number, prime in enumerate(is_prime) if prime]


def _count_between(start: int, end: int, small: list[int]) -> int:
    """The primes from `start` up to but not including `end`; `small` has all up to the root of `end`."""
    is_prime = bytearray([1]) * (end - start)
    for prime in small:
        if prime * prime >= end:
            break
        first = max(prime * prime, -(-start // prime) * prime) - start
        is_prime[first::prime] = bytes(len(range(first, end - start, prime)))
    return is_prime.count(1)
