"""Getting leave to send: wait for one's turn, and note that it was used before anything leaves."""

import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog

from pingpong.dsp.ledger import ToldToWait, TooMany, lately, note
from pingpong.dsp.limiter import Limiter, WindowLost
from pingpong.queue.worker import pause

log = structlog.get_logger(__name__)

LONGEST_WAIT_S = 6.0
"""For a turn: what has to wait longer gives its claim back. Short, as those of a worker that died do not."""


ASK_AGAIN_S = 0.001


class NotNow(Exception):
    """It takes too long to wait for it."""


class Leave:
    """Leave for the one request of a claim."""

    def __init__(self, limiter: Limiter, entity_id: UUID, claim: UUID) -> None:
        self._limiter = limiter
        self._entity_id, self._claim = entity_id, claim
        self._ends_at_s = time.monotonic() + LONGEST_WAIT_S
        self._asked_at_s = 0.0
        self.left_at_s: float | None = None
        """When the request left, by `time.monotonic()`."""
        self.used_at: datetime | None = None
        """The same by the database's clock."""

    def await_turn(self) -> None:
        """Wait until it would be given, and take none yet. Raises NotNow, and redis' errors."""
        self._wait_for(self._limiter.peek)

    def use(self) -> None:
        """Take it, and return when the request may leave this instant, and is noted.

        Raises NotNow, redis' errors (without Redis nothing is sent), and ledger.ClaimLost or CircuitOpen.
        """
        while True:
            self._wait_for(self._limiter.ask)
            try:
                self.used_at = note(self._entity_id, self._claim, self._limiter.rate, self.used_at)
            except (TooMany, ToldToWait) as error:
                log.warning("dsp_window_was_incomplete", lacks=type(error).__name__)
                self._limiter.distrust()
            else:
                self.left_at_s = time.monotonic()
                if self.left_at_s - self._asked_at_s < self._limiter.rate.leave_lasts_s:
                    return

    def _wait_for(self, ask: Callable[[], float]) -> None:
        while True:
            self._asked_at_s = time.monotonic()
            wait_s = self._seconds_to_wait(ask)
            if not wait_s:
                return
            if time.monotonic() + wait_s > self._ends_at_s:
                raise NotNow
            pause(wait_s)

    def _seconds_to_wait(self, ask: Callable[[], float]) -> float:
        try:
            return ask()
        except WindowLost:
            return self._put_back()

    def _put_back(self) -> float:
        known = lately(self._limiter.rate)
        wait_s = self._limiter.put_back(known.ages_s, known.stopped_s)
        if not wait_s:
            log.warning("dsp_window_put_back", requests=len(known.ages_s))
        return max(wait_s, ASK_AGAIN_S)
