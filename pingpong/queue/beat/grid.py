"""The grid on which periodic jobs lie: whole multiples of their interval since the Unix epoch."""

import math

ROUNDING_S = 1e-5
"""A double holds today's Unix time to a quarter of a microsecond; products and scores are off by a few."""


def slot_at(time_s: float, every_s: float) -> int:
    """The number of the slot that is on at `time_s`."""
    return math.floor((time_s + ROUNDING_S) / every_s)


def slot_time(number: int, every_s: float) -> float:
    """When a slot begins, in seconds since the epoch."""
    return number * every_s


def next_after(due_s: float, every_s: float, now_s: float) -> float:
    """The first of `due_s + every_s`, `due_s + 2 * every_s`, … still to come: what was missed is skipped."""
    missed = max(0, math.floor((now_s - due_s + ROUNDING_S) / every_s))
    return due_s + (missed + 1) * every_s
