"""Getting leave to send: wait for one's turn, and note that it was used before anything leaves."""

import time
from datetime import datetime
from uuid import UUID

import structlog

from pingpong.dsp.ledger import TooMany, lately, note
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
        self.used_at: datetime | None = None
        """When the request left, by the database's clock."""

    def wait_for(self) -> None:
        """Wait until it is given. Raises NotNow, and redis' errors: without Redis nothing is sent."""
        while True:
            self._asked_at_s = time.monotonic()
            wait_s = self._ask()
            if not wait_s:
                return
            if time.monotonic() + wait_s > self._ends_at_s:
                raise NotNow
            pause(wait_s)

    def use(self) -> None:
        """Return when the request may leave this instant, and is noted.

        Raises what `wait_for` raises, and ledger.ClaimLost or CircuitOpen.
        """
        while True:
            try:
                self.used_at = note(self._entity_id, self._claim, self._limiter.rate, self.used_at)
            except TooMany:
                log.warning("dsp_window_was_incomplete")
                self._limiter.distrust()
            else:
                if time.monotonic() - self._asked_at_s < self._limiter.rate.leave_lasts_s:
                    return
            self.wait_for()

    def _ask(self) -> float:
        try:
            return self._limiter.ask()
        except WindowLost:
            return self._put_back()

    def _put_back(self) -> float:
        known = lately(self._limiter.rate)
        wait_s = self._limiter.put_back(known.ages_s, known.stopped_s)
        if not wait_s:
            log.warning("dsp_window_put_back", requests=len(known.ages_s))
        return max(wait_s, ASK_AGAIN_S)
