"""The hub: what one web process knows of recent news, and who wants to hear of it.

It holds a ring of recent updates, so that a reconnect costs a look into memory and no query.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import dropwhile

from pingpong.live.subscriber import Subscriber
from pingpong.live.update import SHUTDOWN, Position, Reset, Update, marker

AHEAD_MS = 60_000
"""By how much another process may know newer news than this one."""


class Hub:
    """Fans updates out to the subscribers of this process. `filled` is set once it knows the recent news."""

    def __init__(self, ring_length: int, buffer_length: int) -> None:
        self._ring: deque[Update] = deque(maxlen=ring_length)
        self._buffer_length = buffer_length
        self._subscribers: set[Subscriber] = set()
        self._by_topic: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self._lock = threading.Lock()
        self.filled = threading.Event()
        self._is_leaving = False
        self.written = 0
        """Updates that streams and sockets have written to their clients."""
        self.dropped = 0
        """Clients that were disconnected because they fell behind."""

    def __len__(self) -> int:
        return len(self._subscribers)

    @property
    def last_position(self) -> Position | None:
        """Where the newest update stands that this process knows."""
        return self._ring[-1].position if self._ring else None

    @property
    def last_event_id(self) -> str:
        """The newest id for a page that is rendered now; empty when there is none."""
        return str(self.last_position or "")

    def subscribe(
        self,
        topics: frozenset[str],
        last_event_id: str | None = None,
        *,
        until: datetime | None = None,
        wake: Callable[[], None] | None = None,
        wait_s: float = 2,
    ) -> Subscriber:
        """A subscriber that has missed nothing since `last_event_id`, or begins with `event: reset`.

        `until` is when it ends by itself; `wake` is called whenever it has something. A process that has just
        started waits up to `wait_s` until it knows the recent news.
        """
        if last_event_id:
            self.filled.wait(wait_s)
        with self._lock:
            subscriber = self._admit(topics, last_event_id, wake)
        if until:
            subscriber.end_at(until)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Forget a subscriber; harmless when it is gone already."""
        with self._lock:
            self._subscribers.discard(subscriber)
            for topic in subscriber.topics:
                self._by_topic[topic].discard(subscriber)
                if not self._by_topic[topic]:
                    del self._by_topic[topic]

    def receive(self, updates: Iterable[Update]) -> None:
        """Pass on updates in their order. One that the hub has already seen is passed over."""
        with self._lock:
            for update in updates:
                if self._is_news(update):
                    self._deliver(update)

    def fill(self, updates: Sequence[Update]) -> None:
        """Start with the news from before this process. Whoever came earlier is told to reload."""
        with self._lock:
            self._ring.extend(updates)
            self._reset_all()
        self.filled.set()

    def reset(self, updates: Sequence[Update]) -> None:
        """Begin anew after a gap: tell every subscriber to reload, and keep `updates` for replay."""
        with self._lock:
            self._ring.clear()
            self._ring.extend(updates)
            self._reset_all()

    def shut_down(self) -> None:
        """Send everybody away, now and from now on: this process is about to leave."""
        with self._lock:
            self._is_leaving = True
            for subscriber in tuple(self._subscribers):
                self._send_away(subscriber)

    def _reset_all(self) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber.start_over(self._reset())

    def _admit(
        self, topics: frozenset[str], last_event_id: str | None, wake: Callable[[], None] | None
    ) -> Subscriber:
        after = Position.parse(last_event_id) if last_event_id else None
        subscriber = Subscriber(topics, self._buffer_length, after, wake)
        if after and self._knows(after):
            subscriber.replay(dropwhile(lambda update: (update.position or after) <= after, self._ring))
        elif last_event_id:
            subscriber = Subscriber(topics, self._buffer_length, wake=wake)
            subscriber.tell(self._reset())
        elif self._ring:
            subscriber.tell(marker(self.last_position))
        self._subscribers.add(subscriber)
        for topic in topics:
            self._by_topic[topic].add(subscriber)
        if self._is_leaving:
            self._send_away(subscriber)
        return subscriber

    def _knows(self, position: Position) -> bool:
        """Whether all that came after it is in the ring. One from the future was never given."""
        oldest, newest = (self._ring[0].position, self._ring[-1].position) if self._ring else (None, None)
        if oldest is None or newest is None:
            return False
        return oldest <= position and position.milliseconds <= newest.milliseconds + AHEAD_MS

    def _is_news(self, update: Update) -> bool:
        last = self.last_position
        return update.position is None or last is None or update.position > last

    def _deliver(self, update: Update) -> None:
        if update.position is not None:
            self._ring.append(update)
        for subscriber in self._listening_to(update.topics):
            subscriber.offer(update)

    def _listening_to(self, topics: Iterable[str]) -> set[Subscriber]:
        """Found by topic: news for one person costs nothing to all others."""
        return set[Subscriber]().union(*(self._by_topic.get(topic, ()) for topic in topics))

    def _reset(self) -> Update:
        return Reset(position=self.last_position)

    @staticmethod
    def _send_away(subscriber: Subscriber) -> None:
        subscriber.tell(SHUTDOWN)
        subscriber.close()
