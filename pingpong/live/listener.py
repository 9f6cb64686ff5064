"""The one Redis subscription of a web process. It reconnects by itself and catches up from the stream."""

import random
import threading
import time
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from pingpong.live.hub import Hub
from pingpong.live.publish import Bus, decode, from_entry, newest
from pingpong.live.update import Update

log = structlog.get_logger(__name__)

WAIT_S = 1.0
PING_EVERY_S = 5.0
SILENT_AFTER_S = 15.0
LONGEST_PAUSE_S = 2.0
CATCH_UP_BATCH = 1_000


class Listener:
    """Feeds the hub of this process until it is stopped."""

    def __init__(self, redis: Redis, bus: Bus, hub: Hub, ring_length: int) -> None:
        self._redis = redis
        self._bus = bus
        self._hub = hub
        self._ring_length = ring_length
        self._stopping = threading.Event()
        self._is_first = True

    def start(self) -> threading.Thread:
        """Listen in a thread of its own: a greenlet, where gevent has patched threads."""
        thread = threading.Thread(target=self._run, name="live-listener", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._listen()
                failures = 0
            except (RedisError, OSError) as error:
                failures += 1
                if failures == 1:
                    log.warning("live_subscription_lost", error=str(error))
                # Everybody reconnects at once after a restart of Redis: spread them.
                pause = min(LONGEST_PAUSE_S, 0.1 * 2**failures) * random.uniform(0.5, 1)  # noqa: S311
                self._stopping.wait(pause)

    def _listen(self) -> None:
        with self._redis.pubsub() as pubsub:
            pubsub.subscribe(self._bus.channel)
            heard_at = pinged_at = time.monotonic()
            while not self._stopping.is_set():
                message = pubsub.get_message(timeout=WAIT_S)
                now = time.monotonic()
                if message:
                    heard_at = now
                    self._take(message)
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
            log.info("live_subscribed", channel=self._bus.channel)

    def _catch_up(self) -> None:
        """Read from the stream what was published while nobody listened, or tell that it is gone."""
        last = self._hub.last_position
        if last is None:
            self._start_from_stream()
            return
        start = str(last)
        entries = self._redis.xrange(self._bus.stream, min=start, count=CATCH_UP_BATCH)
        if not entries or entries[0][0].decode() != start:
            log.warning("live_gap", last_event_id=start)
            self._hub.reset(self._recent())
            return
        while len(entries) > 1:
            self._hub.receive(from_entry(entry) for entry in entries)
            start = entries[-1][0].decode()
            entries = self._redis.xrange(self._bus.stream, min=start, count=CATCH_UP_BATCH)

    def _start_from_stream(self) -> None:
        recent = self._recent()
        if self._is_first:
            self._hub.fill(recent)
            self._is_first = False
        else:
            self._hub.receive(recent)

    def _recent(self) -> list[Update]:
        return newest(self._redis.xrevrange(self._bus.stream, count=self._ring_length))
