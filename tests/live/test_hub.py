"""The hub: fan-out, replay, resets and slow readers."""

import pytest

from pingpong.live.hub import Hub
from pingpong.live.update import Position, Update

EVERYTHING = frozenset({"task", "heartbeat"})


def news(number: int, topic: str = "task") -> Update:
    return Update(topic, "task", f'{{"number": {number}}}', Position(number, 0))


def passing(text: str) -> Update:
    return Update("heartbeat", "heartbeat", f'"{text}"')


@pytest.fixture
def hub() -> Hub:
    hub = Hub(ring_length=10, buffer_length=5)
    hub.fill([])
    return hub


def heard(subscriber) -> str:
    return b"".join(update.frame for update in subscriber.take(0.01) or []).decode()


def test_a_subscriber_hears_news_of_its_topics_only(hub):
    subscriber = hub.subscribe(frozenset({"task"}))

    hub.receive([news(1), passing("beat")])

    assert "id: 1-0\nevent: task\n" in heard(subscriber)
    assert heard(subscriber) == ""


def test_many_events_that_wait_are_taken_in_one_piece(hub):
    subscriber = hub.subscribe(EVERYTHING)

    hub.receive([news(1), news(2), passing("beat")])

    assert heard(subscriber).count("event: ") == 3


def test_who_comes_back_gets_what_was_missed_in_order_and_once(hub):
    hub.receive(news(number) for number in range(1, 6))

    subscriber = hub.subscribe(EVERYTHING, last_event_id="2-0")
    hub.receive([news(6)])

    ids = [line for line in heard(subscriber).splitlines() if line.startswith("id:")]
    assert ids == ["id: 3-0", "id: 4-0", "id: 5-0", "id: 6-0"]


def test_who_is_ahead_of_this_process_hears_nothing_twice(hub):
    hub.receive([news(1)])

    subscriber = hub.subscribe(EVERYTHING, last_event_id="3-0")
    hub.receive([news(2), news(3), news(4)])

    ids = [line for line in heard(subscriber).splitlines() if line.startswith("id:")]
    assert ids == ["id: 4-0"]


def test_heartbeats_are_never_replayed(hub):
    hub.receive([news(1), passing("beat")])

    subscriber = hub.subscribe(EVERYTHING, last_event_id="1-0")

    assert heard(subscriber) == ""


@pytest.mark.parametrize("last_event_id", ["1-0", "nonsense", "-", "99999999999999999999999-0"])
def test_who_was_away_for_too_long_is_told_to_reload(hub, last_event_id):
    hub.receive(news(number) for number in range(5, 20))

    subscriber = hub.subscribe(EVERYTHING, last_event_id=last_event_id)

    assert heard(subscriber).startswith("id: 19-0\nevent: reset\n")


def test_an_id_from_before_redis_lost_its_memory_is_told_to_reload(hub):
    subscriber = hub.subscribe(EVERYTHING, last_event_id="5-0")

    assert "event: reset" in heard(subscriber)


def test_who_connects_anew_starts_from_the_newest_id(hub):
    hub.receive([news(7)])

    subscriber = hub.subscribe(EVERYTHING)

    assert heard(subscriber) == "id: 7-0\n\n"


def test_news_that_arrives_twice_is_passed_on_once(hub):
    subscriber = hub.subscribe(EVERYTHING)

    hub.receive([news(1), news(2)])
    hub.receive([news(2), news(3)])

    assert heard(subscriber).count("event: task") == 3


def test_a_slow_reader_is_closed_and_the_others_hear_all(hub):
    slow, quick = hub.subscribe(EVERYTHING), hub.subscribe(EVERYTHING)
    collected = ""

    for number in range(1, 9):
        hub.receive([news(number)])
        collected += heard(quick)

    assert slow.is_lagging
    assert slow.take(0.01) is None
    assert collected.count("event: task") == 8


def test_a_slow_reader_that_comes_back_has_missed_nothing(hub):
    slow = hub.subscribe(EVERYTHING, last_event_id=None)
    hub.receive(news(number) for number in range(1, 9))
    assert slow.is_lagging

    again = hub.subscribe(EVERYTHING, last_event_id="1-0")

    assert heard(again).count("event: task") == 7


def test_a_long_replay_does_not_count_as_lagging():
    hub = Hub(ring_length=100, buffer_length=5)
    hub.fill([news(number) for number in range(1, 51)])

    subscriber = hub.subscribe(EVERYTHING, last_event_id="1-0")
    hub.receive([news(51)])

    assert not subscriber.is_lagging
    assert heard(subscriber).count("event: task") == 50


def test_a_long_replay_is_written_in_pieces():
    hub = Hub(ring_length=100, buffer_length=5)
    hub.fill([Update("task", "task", "x" * 30_000, Position(number, 0)) for number in range(1, 11)])

    subscriber = hub.subscribe(EVERYTHING, last_event_id="1-0")
    pieces = [heard(subscriber) for _ in range(4)]

    assert [piece.count("event: task") for piece in pieces] == [3, 3, 3, 0]


def test_a_gap_tells_everybody_to_reload(hub):
    subscriber = hub.subscribe(EVERYTHING)

    hub.reset([news(9)])

    assert heard(subscriber).startswith("id: 9-0\nevent: reset\n")


def test_after_a_gap_news_is_heard_whatever_was_seen_before(hub):
    hub.receive([news(5)])
    subscriber = hub.subscribe(EVERYTHING, last_event_id="5-0")
    hub.reset([news(1)])
    heard(subscriber)

    hub.receive([news(2)])

    assert "id: 2-0" in heard(subscriber)


def test_an_id_from_the_future_is_told_to_reload(hub):
    hub.receive([news(1)])

    subscriber = hub.subscribe(EVERYTHING, last_event_id="9999999999999-0")

    assert "event: reset" in heard(subscriber)


def test_who_came_before_the_process_knew_the_news_is_told_to_reload():
    hub = Hub(ring_length=10, buffer_length=10)
    subscriber = hub.subscribe(EVERYTHING)

    hub.fill([news(1)])

    assert "event: reset" in heard(subscriber)


def test_a_leaving_process_sends_everybody_away_and_whoever_still_comes(hub):
    before = hub.subscribe(EVERYTHING)

    hub.shut_down()
    after = hub.subscribe(EVERYTHING)

    for subscriber in (before, after):
        assert "event: shutdown" in heard(subscriber)
        assert subscriber.take(0.01) is None


def test_an_unsubscribed_client_is_forgotten(hub):
    subscriber = hub.subscribe(EVERYTHING)
    assert len(hub) == 1

    hub.unsubscribe(subscriber)

    assert len(hub) == 0


def test_a_process_that_has_just_started_waits_until_it_knows_the_news():
    hub = Hub(ring_length=10, buffer_length=5)

    subscriber = hub.subscribe(EVERYTHING, last_event_id="5-0", wait_s=0.01)

    assert "event: reset" in heard(subscriber)
