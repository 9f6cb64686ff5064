"""The platform's limit, as the platform sees it: so many requests within any window, by its own clock."""

from collections import deque


class SlidingWindow:
    """Lets at most `limit` requests in within any `window_s` seconds.

    What it refuses is a violation. It counts as received, but does not keep the door shut for longer:
    whoever knocks on is let in as soon as whoever waits.
    """

    def __init__(self, limit: int, window_s: float) -> None:
        self.violations = 0
        self.most_in_window = 0
        """The largest number received within any window, whatever became of them."""
        self._limit = limit
        self._window_s = window_s
        self._received: deque[float] = deque()
        self._let_in: deque[float] = deque()

    def arrive(self, now: float) -> float:
        """Count a request; return 0 if it is let in, otherwise the seconds until it would be."""
        self._count(now)
        self._forget(self._let_in, now)
        if len(self._let_in) < self._limit:
            self._let_in.append(now)
            return 0
        self.violations += 1
        return self._let_in[0] + self._window_s - now

    def _count(self, now: float) -> None:
        self._forget(self._received, now)
        self._received.append(now)
        self.most_in_window = max(self.most_in_window, len(self._received))

    def _forget(self, times: deque[float], now: float) -> None:
        while times and times[0] + self._window_s <= now:
            times.popleft()
