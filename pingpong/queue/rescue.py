"""The rescuer: puts right what a crash, a restart or an outage left behind.

Features register what they want looked after; the scheduler has `run_once` called every few seconds.
"""

import logging
from collections.abc import Callable

from pingpong.metrics.counters import RESCUED, RESCUES_FAILED

Rescue = Callable[[], int]
"""Puts something right and returns how many things it found. May run twice at once: it must be harmless."""

log = logging.getLogger(__name__)

_rescues: list[Rescue] = []


def register(rescue: Rescue) -> None:
    """Have a function called at every rescue."""
    if rescue not in _rescues:
        _rescues.append(rescue)


def run_once() -> int:
    """Call every registered rescue; returns how many things were put right.

    One that fails does not keep the others from their work; its error is raised when all have been called.
    """
    rescued, errors = 0, []
    for rescue in _rescues:
        try:
            found = rescue()
        except Exception as error:  # the boundary of one rescue; recorded, and raised below
            log.exception("rescue_failed", extra={"rescue": rescue.__name__})
            RESCUES_FAILED.add(rescue=rescue.__name__)
            errors.append(error)
        else:
            RESCUED.add(found, rescue=rescue.__name__)
            rescued += found
    if errors:
        raise errors[0]
    return rescued
