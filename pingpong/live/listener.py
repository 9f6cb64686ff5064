"""The one Redis subscription of a web process. It reconnects by itself and catches up from the stream."""

import random
import threading
import time
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from pingpong.backoff import doubled_s
from pingpong.live.hub import Hub
from pingpong.live.publish import Bus, decode, read_newest, read_since
from pingpong.live.update import GAP, Position, Update

log = structlog.get_logger(__name__)

WAIT_S = 1.0
PING_EVERY_S = 5.0
SILENT_AFTER_S = 15.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 2.0
CATCH_UP_BATCH = 1_000


class Listener:
    """Feeds the hub of this process until it is stopped."""

    def __init__(self, redis: Redis, bus: Bus, hub: Hub, ring_length: int) -> None:
        self._redis = redis
        self._bus = bus
        self._hub = hub
        self._ring_length = ring_length
        self._stopping = threading.Event()
        self._failures = 0  # in a row

    def start(self) -> threading.Thread:
        """Listen in a thread of its own: a greenlet, where gevent has patched threads."""
        thread = threading.Thread(target=self._run, name="live-listener", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except Exception as error:  # noqa: BLE001 - the boundary of the thread: nobody would hear news again
                self._failures += 1
                self._note(error)
                # Everybody reconnects at once after a restart of Redis: spread them.
                pause_s = doubled_s(FIRST_PAUSE_S, LONGEST_PAUSE_S, self._failures - 1)
                self._stopping.wait(pause_s * random.uniform(0.5, 1))  # noqa: S311

    def _note(self, error: Exception) -> None:
        if not isinstance(error, (RedisError, OSError)):
            log.error("live_news_unreadable", exc_info=error)
        elif self._failures == 1:
            log.warning("live_subscription_lost", error=str(error))

    def _listen(self) -> None:
        with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(self._bus.channel)
            heard_at = pinged_at = time.monotonic()
            while not self._stopping.is_set():
                message = pubsub.get_message(timeout=WAIT_S)
                now = time.monotonic()
                if message:
                    heard_at = now
                    self._take(message)
                    time.sleep(0)  # a burst is read without a pause: let the streams have their turn
                elif now - heard_at > SILENT_AFTER_S:
                    raise TimeoutError("Redis has been silent for too long")
                if now - pinged_at > PING_EVERY_S:
                    pubsub.ping()
                    pinged_at = now

    def _take(self, message: dict[str, Any]) -> None:
        """Pass on news. A confirmed subscription may be a new one: redis-py reconnects without a word.

        Only what is published after Redis confirms is sure to reach us; the stream has the rest.
        """
        if message["type"] == "message":
            self._hub.receive(decode(message["data"]))
        elif message["type"] == "subscribe":
            self._catch_up()
            self._hub.receive([GAP])
            self._failures = 0
            log.info("live_subscribed", channel=self._bus.channel)

    def _catch_up(self) -> None:
        """Read from the stream what was published while nobody listened, or tell that it is gone."""
        last = self._hub.last_position
        if last is None:
            self._start_from_stream()
            return
        updates = self._since(last)
        if not updates or updates[0].position != last:
            log.warning("live_gap", last_event_id=str(last))
            self._hub.reset(self._newest())
            return
        while len(updates) > 1:
            self._hub.receive(updates)
            updates = self._since(updates[-1].position or last)

    def _start_from_stream(self) -> None:
        if self._hub.filled.is_set():
            self._hub.receive(self._newest())
        else:
            self._hub.fill(self._newest())

    def _since(self, position: Position) -> list[Update]:
        return read_since(self._redis, self._bus, position, CATCH_UP_BATCH)

    def _newest(self) -> list[Update]:
        return read_newest(self._redis, self._bus, self._ring_length)
