"""What becomes of what somebody says on their seat; how often it is told who types."""

import pytest

from pingpong.chat import membership
from pingpong.chat.news import typing_topic
from pingpong.chat.seat import Throttle
from pingpong.errors import InvalidInput, NotFound
from tests.chat.talk import Ear, say, seated, some_group, some_pair, some_people, told


@pytest.fixture
def ada(app):
    return some_people(1)[0]


@pytest.fixture
def pair(ada):
    return some_pair(ada, *some_people(1))


def test_what_is_said_is_posted_and_answered_only_the_second_time(ada, pair):
    seat = seated(ada, pair)
    said = {"type": "message", "text": "hello", "client_id": "c"}

    assert list(seat.receive(said)) == []
    assert len(told(seat.look())) == 1
    [again] = told(seat.receive({**said, "text": "other"}))

    assert (again["type"], again["seq"], again["text"], again["client_id"]) == ("message", 1, "hello", "c")
    assert again["conversation_id"] == str(pair)


def test_what_was_posted_before_and_is_not_told_yet_waits_for_its_turn(ada):
    [eve] = some_people(1)
    pair = some_pair(ada, eve)
    seat = seated(ada, pair)
    say(pair, eve)
    said = {"type": "message", "text": "hello", "client_id": "c"}

    assert list(seat.receive(said)) == list(seat.receive(said)) == []

    assert [one["seq"] for one in told(seat.look())] == [1, 2]


@pytest.mark.parametrize(
    ("message", "faulty"),
    [
        ({"type": "nonsense"}, "type"),
        ({"type": "message"}, "text"),
        ({"type": "message", "text": "\0"}, "text"),
        ({"type": "message", "text": " "}, "text"),
        ({"type": "message", "text": "a", "client_id": 1}, "client_id"),
        ({"type": "typing"}, "is_typing"),
        ({"type": "typing", "is_typing": "yes"}, "is_typing"),
        ({"type": "read"}, "message_id"),
        ({"type": "read", "message_id": "nonsense"}, "message_id"),
    ],
)
def test_what_means_nothing_is_named(ada, pair, message, faulty):
    with pytest.raises(InvalidInput) as raised:
        seated(ada, pair).receive(message)

    assert list(raised.value.fields) == [faulty]


def test_who_types_is_told_to_the_others_on_a_topic_of_its_own(live):
    ada, eve, kim = some_people(3)
    pair = some_pair(ada, eve)
    ears = [Ear(live, typing_topic(one.id)) for one in (ada, eve, kim)]
    stream = Ear.of(live, eve)

    seated(ada, pair).receive({"type": "typing", "is_typing": True})

    heard = [ear.hear_all() for ear in ears]
    user = {"id": str(ada.id), "username": ada.username}
    expected = {"type": "typing", "conversation_id": str(pair), "user": user, "is_typing": True}
    assert heard == [[], [expected], []]
    assert stream.hear_all() == []


def test_who_was_put_out_types_and_reads_to_nobody(live):
    ada, eve = some_people(2)
    group = some_group(ada, eve)
    message = say(group, ada)
    seat = seated(eve, group)
    membership.remove(group, ada, eve.id)
    ears = [Ear.of(live, ada), Ear(live, typing_topic(ada.id))]

    with pytest.raises(NotFound):
        seat.receive({"type": "message", "text": "still here"})
    seat.receive({"type": "read", "message_id": str(message.id)})

    assert [ear.hear_all() for ear in ears] == [[], []]


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now_s = 1_000.0

        def monotonic(self) -> float:
            return self.now_s

    clock = Clock()
    monkeypatch.setattr("pingpong.chat.seat.time", clock)
    return clock


def test_a_beginning_is_told_once_in_a_while(clock):
    throttle = Throttle(every_s=2)

    told_at = []
    for _ in range(7):
        told_at.append(throttle.may(True))
        clock.now_s += 0.5

    assert told_at == [True, False, False, False, True, False, False]


def test_an_end_is_told_once_and_only_after_a_beginning(clock):
    throttle = Throttle(every_s=2)

    assert [throttle.may(is_on) for is_on in (False, True, False, False)] == [False, True, True, False]


def test_on_and_off_in_quick_succession_is_not_told_over_and_over(clock):
    throttle = Throttle(every_s=2)

    told_ones = [throttle.may(is_on) for is_on in (True, False) * 5]

    assert told_ones == [True, True] + [False] * 8
