"""The subscription of a web process: it comes back by itself, and catches up."""

import pytest
from redis.client import PubSub
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from pingpong.live.hub import Hub
from pingpong.live.listener import Listener
from pingpong.live.publish import Bus, publish
from pingpong.live.update import Update
from pingpong.redis_client import connect
from tests.waiting import wait_until

TASKS = frozenset({"task"})


@pytest.fixture
def bus(app) -> Bus:
    return app.extensions["bus"]


@pytest.fixture
def listening(app, settings, bus):
    listeners = []

    def start(ring_length: int = 100) -> Hub:
        hub = Hub(ring_length, buffer_length=100)
        listener = Listener(connect(settings), bus, hub, ring_length)
        listeners.append((listener, listener.start()))
        return hub

    yield start
    for listener, thread in listeners:
        listener.stop()
        thread.join(10)


def tell(redis, bus, *numbers: int) -> None:
    publish(redis, bus, [Update("task", "task", str(number)) for number in numbers])


def numbers_in(subscriber, count: int) -> list[int]:
    """The data of the next `count` events."""
    numbers: list[int] = []
    while len(numbers) < count and (updates := subscriber.take(5)):
        numbers += [int(update.data) for update in updates if update.event == "task"]
    return numbers


def hears(redis, bus) -> bool:
    return redis.pubsub_numsub(bus.channel)[0][1] == 1


def pings_of(redis) -> int:
    return redis.info("commandstats").get("cmdstat_ping", {"calls": 0})["calls"]


def cut_off(redis) -> None:
    """Close every pub/sub connection, as a restart of Redis does."""
    redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


def test_what_is_published_reaches_the_hub_in_order(redis, bus, listening):
    hub = listening()
    assert hub.filled.wait(10)
    subscriber = hub.subscribe(TASKS)

    tell(redis, bus, 1, 2)
    tell(redis, bus, 3)

    assert numbers_in(subscriber, 3) == [1, 2, 3]


def test_it_does_not_end_however_often_it_fails(listening, redis, bus, monkeypatch):
    monkeypatch.setattr("pingpong.live.listener.LONGEST_PAUSE_S", 0)
    failures = iter(range(2_000))

    def subscribe(pubsub, *channels):
        if next(failures, None) is not None:
            raise RedisError("away")
        return really_subscribe(pubsub, *channels)

    really_subscribe = PubSub.subscribe
    monkeypatch.setattr(PubSub, "subscribe", subscribe)

    assert listening().filled.wait(20)


def test_each_loss_of_the_subscription_is_told_once(app, settings, bus, monkeypatch):
    listener = Listener(connect(settings), bus, Hub(10, buffer_length=10), 10)
    subscribes = iter([False, False, True, False, None])

    def listen(self):
        does_subscribe = next(subscribes)
        if does_subscribe is None:
            self.stop()
            return
        if does_subscribe:
            self._take({"type": "subscribe"})
        raise RedisError("away")

    monkeypatch.setattr("pingpong.live.listener.LONGEST_PAUSE_S", 0)
    monkeypatch.setattr(Listener, "_listen", listen)
    with capture_logs() as lines:
        listener._run()

    assert [line["event"] for line in lines].count("live_subscription_lost") == 2


def test_a_new_process_can_replay_what_was_published_before_it_started(redis, bus, listening):
    tell(redis, bus, 1, 2, 3)
    first = redis.xrange(bus.stream)[0][0].decode()

    hub = listening()
    subscriber = hub.subscribe(TASKS, last_event_id=first, wait_s=10)

    assert numbers_in(subscriber, 2) == [2, 3]


def test_what_was_published_while_the_subscription_was_cut_is_caught_up(redis, bus, listening):
    hub = listening()
    assert hub.filled.wait(10)
    subscriber = hub.subscribe(TASKS)
    tell(redis, bus, 1)
    assert numbers_in(subscriber, 1) == [1]

    cut_off(redis)
    tell(redis, bus, 2, 3)
    wait_until(lambda: hears(redis, bus))
    tell(redis, bus, 4)

    assert numbers_in(subscriber, 3) == [2, 3, 4]


def test_a_long_absence_is_caught_up_in_pieces(redis, bus, listening, monkeypatch):
    monkeypatch.setattr("pingpong.live.listener.CATCH_UP_BATCH", 3)
    hub = listening()
    assert hub.filled.wait(10)
    subscriber = hub.subscribe(TASKS)
    tell(redis, bus, 0)
    assert numbers_in(subscriber, 1) == [0]

    cut_off(redis)
    tell(redis, bus, *range(1, 10))
    wait_until(lambda: hears(redis, bus))

    assert numbers_in(subscriber, 9) == list(range(1, 10))


def test_a_subscription_that_is_silent_is_asked_and_if_need_be_made_anew(redis, bus, listening, monkeypatch):
    monkeypatch.setattr("pingpong.live.listener.WAIT_S", 0.01)
    monkeypatch.setattr("pingpong.live.listener.SILENT_AFTER_S", 0.1)
    monkeypatch.setattr("pingpong.live.listener.PING_EVERY_S", 3600)
    connected = redis.info("stats")["total_connections_received"]

    listening()

    wait_until(lambda: redis.info("stats")["total_connections_received"] > connected + 2)


def test_a_subscription_that_is_asked_is_not_silent(redis, bus, listening, monkeypatch):
    monkeypatch.setattr("pingpong.live.listener.WAIT_S", 0.01)
    monkeypatch.setattr("pingpong.live.listener.PING_EVERY_S", 0.01)
    before = pings_of(redis)

    listening()

    wait_until(lambda: pings_of(redis) > before + 5)


def test_the_first_news_of_all_is_caught_up_too(redis, bus, listening):
    hub = listening()
    assert hub.filled.wait(10)
    subscriber = hub.subscribe(TASKS)

    cut_off(redis)
    tell(redis, bus, 1)
    wait_until(lambda: hears(redis, bus))

    assert numbers_in(subscriber, 1) == [1]


def test_news_that_redis_forgot_makes_everybody_reload(redis, bus, listening):
    hub = listening()
    assert hub.filled.wait(10)
    subscriber = hub.subscribe(TASKS)
    tell(redis, bus, 1)
    assert numbers_in(subscriber, 1) == [1]

    redis.flushdb()
    cut_off(redis)

    assert [update.event for update in subscriber.take(5) or []] == ["reset"]


def test_the_stream_is_capped_and_expires(app, redis, bus):
    for _ in range(5):
        tell(redis, bus, *range(500))
    small = Bus(bus.stream, bus.channel, length=100, ttl_s=60)
    tell(redis, small, 1)

    assert redis.xlen(bus.stream) < 300
    assert 0 < redis.ttl(bus.stream) <= 60
