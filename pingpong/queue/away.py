"""Redis goes away and comes back: who notices, what is said, how long to wait."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from redis import exceptions

REDIS_AWAY = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    # A replica that is being promoted, or a primary that is being demoted.
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
)
"""What redis-py raises while Redis restarts, fails over, loads its data, is full or cannot be reached."""

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0

Result = TypeVar("Result")


class Availability:
    """Whether Redis answers, as one process sees it. Said once per change, however many greenlets notice."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._away_since: float | None = None

    @property
    def is_away(self) -> bool:
        """Did the last attempt fail?"""
        return self._away_since is not None

    def lost(self, error: Exception) -> None:
        """Redis did not answer."""
        if self._away_since is None:
            self._away_since = time.monotonic()
            self._log.warning("redis is away, trying again until it is back: %s", _reason(error))

    def found(self) -> None:
        """Redis answered."""
        if self._away_since is not None:
            self._log.info("redis is back after %.1f s", time.monotonic() - self._away_since)
            self._away_since = None


def _reason(error: Exception) -> str:
    """What it says, without the command of a pipeline, which redis-py quotes before what Redis said of it."""
    return str(error).rpartition(" of pipeline caused error: ")[2]


def waits_s() -> Iterator[float]:
    """The seconds to wait before each next attempt: doubling, at most LONGEST_WAIT_S, without end."""
    wait_s = FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)


def keep_trying(
    action: Callable[[], Result], availability: Availability, is_over: Callable[[], bool] = lambda: False
) -> Result:
    """Call `action` until Redis answers, and return what it returns.

    `action` must bear being run twice: an answer can be lost after Redis has done its part.
    Raises one of REDIS_AWAY as soon as `is_over` says that waiting is pointless. Other errors pass through.
    """
    waits = waits_s()
    while True:
        try:
            result = action()
        except REDIS_AWAY as error:
            availability.lost(error)
            if is_over():
                raise
            time.sleep(next(waits))
        else:
            availability.found()
            return result
