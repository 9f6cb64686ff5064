"""One client's end of the hub: a bounded buffer that never makes anybody else wait."""

import threading
import time
from collections import deque
from collections.abc import Iterable

from pingpong.live.update import Position, Update

LARGEST_WRITE_BYTES = 64 * 1024
"""A write has a time-out, which is meant for clients that read nothing, not for a long replay."""


class Subscriber:
    """What one stream or socket has still to send.

    A client that falls `buffer_length` updates behind is closed; it reconnects and catches up by its last id.
    What is replayed when it subscribes does not count.
    """

    def __init__(self, topics: frozenset[str], buffer_length: int, after: Position | None = None) -> None:
        self.topics = topics
        self.is_lagging = False
        self._after = after
        self._buffer_length = buffer_length
        self._frames: deque[bytes] = deque()
        self._something = threading.Event()
        self._closed = False

    def replay(self, updates: Iterable[Update]) -> None:
        """Start with these, whatever their number."""
        for update in updates:
            if self._wants(update):
                self._frames.append(update.frame)
        self._buffer_length += len(self._frames)
        self._something.set()

    def offer(self, update: Update) -> None:
        """Take an update, or close when the buffer is full. Never blocks."""
        if not self._wants(update) or self._closed:
            return
        if len(self._frames) >= self._buffer_length:
            self.is_lagging = True
            self._frames.clear()
            self.close()
            return
        self._frames.append(update.frame)
        self._something.set()

    def tell(self, frame: bytes) -> None:
        """Send a frame that speaks of the stream itself (`reset`, `shutdown`)."""
        self._frames.append(frame)
        self._something.set()

    def start_over(self, frame: bytes) -> None:
        """Send a frame that tells to reload. What was seen before no longer says what is new."""
        self._after = None
        self.tell(frame)

    def close(self) -> None:
        """Send what is left, then end."""
        self._closed = True
        self._something.set()

    def take(self, timeout_s: float) -> bytes | None:
        """What waits, in one piece; empty after a silence of `timeout_s`; None when it is over."""
        silent_from = time.monotonic() + timeout_s
        while self._closed or self._something.wait(max(0, silent_from - time.monotonic())):
            self._something.clear()
            if frames := b"".join(self._drain()):
                if self._frames:
                    self._something.set()
                return frames
            if self._closed:
                return None
        return b""

    def _drain(self) -> Iterable[bytes]:
        size = 0
        while self._frames and size < LARGEST_WRITE_BYTES:
            size += len(self._frames[0])
            yield self._frames.popleft()

    def _wants(self, update: Update) -> bool:
        # A process a little behind the one that this client comes from must not repeat what it has seen.
        is_new = self._after is None or update.position is None or update.position > self._after
        return update.topic in self.topics and is_new
