"""What has to happen on open sockets though nobody says anything: one greenlet for all of a process."""

import time
from typing import Protocol

import gevent
import structlog

log = structlog.get_logger(__name__)

EVERY_S = 1.0


class Checked(Protocol):
    """Something that wants to be looked at once in a while."""

    def check(self, now_s: float) -> None:
        """Do what is due at this moment by `time.monotonic()`; must not wait."""


class Rounds:
    """Looks at all of them, for as long as there are any."""

    def __init__(self) -> None:
        self._members: set[Checked] = set()
        self._is_running = False

    def join(self, member: Checked) -> None:
        """Look at it from now on."""
        self._members.add(member)
        if not self._is_running:
            self._is_running = True
            gevent.spawn(self._run)

    def leave(self, member: Checked) -> None:
        """Look at it no longer; harmless if that is so already."""
        self._members.discard(member)

    def run_once(self) -> None:
        """Look at each of them."""
        now_s = time.monotonic()
        for member in tuple(self._members):
            try:
                member.check(now_s)
            except Exception:  # the boundary of one member: nobody else would be looked at again
                log.exception("check_failed")

    def _run(self) -> None:
        while self._members:
            gevent.sleep(EVERY_S)
            self.run_once()
        self._is_running = False
