"""One client's end of the hub: a bounded buffer that never makes anybody else wait."""

import math
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from pingpong.live.update import CLOSE, Position, Update

LARGEST_WRITE_BYTES = 64 * 1024
"""A write has a time-out, which is meant for clients that read nothing, not for a long replay."""


class Subscriber:
    """What one stream or socket has still to send.

    A client that falls `buffer_length` updates behind is closed; it reconnects and catches up by its last id.
    What is replayed when it subscribes does not count.
    """

    def __init__(
        self,
        topics: frozenset[str],
        buffer_length: int,
        after: Position | None = None,
        wake: Callable[[], None] | None = None,
    ) -> None:
        """`wake` is called whenever there is something, and must not wait; without it, `take` waits."""
        self.topics = topics
        self.is_lagging = False
        self._after = after
        self._buffer_length = buffer_length
        self._updates: list[Update] = []
        self._something = threading.Event()
        self._wake = wake or self._something.set
        self._closed = False
        self._ends_at_s = math.inf

    @property
    def is_over(self) -> bool:
        """Whether its time has come."""
        return time.monotonic() >= self._ends_at_s

    def replay(self, updates: Iterable[Update]) -> None:
        """Start with these, whatever their number."""
        for update in updates:
            if self._wants(update):
                self._updates.append(update)
        self._buffer_length += len(self._updates)
        self._wake()

    def offer(self, update: Update) -> None:
        """Take an update, or close when the buffer is full. Never blocks."""
        if not self._wants(update) or self._closed:
            return
        if update.event == CLOSE:
            self.close()
            return
        if len(self._updates) >= self._buffer_length:
            self.is_lagging = True
            self._updates.clear()
            self.close()
            return
        self.tell(update)

    def tell(self, update: Update) -> None:
        """Send this, whatever its topic: it may speak of the stream itself (`reset`, `shutdown`)."""
        self._updates.append(update)
        self._wake()

    def start_over(self, reset: Update) -> None:
        """Tell to reload. What was seen before no longer says what is new."""
        self._after = None
        self.tell(reset)

    def end_at(self, moment: datetime) -> None:
        """Close when that moment comes."""
        self._ends_at_s = time.monotonic() + (moment - datetime.now(UTC)).total_seconds()

    def close(self) -> None:
        """Send what is left, then end."""
        self._closed = True
        self._wake()

    def take(self, timeout_s: float) -> list[Update] | None:
        """What waits, as much as makes one write; empty after a silence of `timeout_s`; None at the end."""
        silent_from = min(time.monotonic() + timeout_s, self._ends_at_s)
        while not self.is_over and (self._closed or self._something.wait(_until(silent_from))):
            self._something.clear()
            updates = self.waiting()
            if updates or updates is None:
                if self._updates:
                    self._something.set()
                return updates
        return None if self.is_over else []

    def waiting(self) -> list[Update] | None:
        """What waits, as much as makes one write; None at the end."""
        if self.is_over or (self._closed and not self._updates):
            return None
        size = count = 0
        while count < len(self._updates) and size < LARGEST_WRITE_BYTES:
            size += len(self._updates[count].data)
            count += 1
        taken, self._updates = self._updates[:count], self._updates[count:]
        return taken

    def _wants(self, update: Update) -> bool:
        # A process a little behind the one that this client comes from must not repeat what it has seen.
        is_new = self._after is None or update.position is None or update.position > self._after
        return is_new and not self.topics.isdisjoint(update.topics)


def _until(moment_s: float) -> float:
    return max(0, moment_s - time.monotonic())
