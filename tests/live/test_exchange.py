"""How much may be said on one socket."""

import pytest

from pingpong.live.exchange import Talk


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""

    class Clock:
        now_s = 1_000.0

        def monotonic(self) -> float:
            return self.now_s

    clock = Clock()
    monkeypatch.setattr("pingpong.live.exchange.time", clock)
    return clock


def test_so_many_may_be_said_at_once_and_no_more(clock):
    talk = Talk(at_once=3, within_s=10)

    assert [talk.may() for _ in range(5)] == [True, True, True, False, False]


def test_there_is_more_when_the_time_is_over(clock):
    talk = Talk(at_once=2, within_s=10)
    assert [talk.may() for _ in range(3)] == [True, True, False]

    clock.now_s += 9.9
    assert not talk.may()
    clock.now_s += 0.1
    assert [talk.may() for _ in range(3)] == [True, True, False]


def test_the_time_slides_with_each_message(clock):
    talk = Talk(at_once=2, within_s=10)
    talk.may()
    clock.now_s += 6
    talk.may()

    clock.now_s += 4
    assert [talk.may(), talk.may()] == [True, False]
    clock.now_s += 6
    assert [talk.may(), talk.may()] == [True, False]


def test_what_was_refused_does_not_count(clock):
    talk = Talk(at_once=1, within_s=10)
    talk.may()
    for _ in range(5):
        clock.now_s += 1
        assert not talk.may()

    clock.now_s += 5

    assert talk.may()


def test_within_any_stretch_of_time_no_more_is_said(clock):
    talk = Talk(at_once=4, within_s=10)
    said_at_s = []
    for _ in range(200):
        clock.now_s += 0.7
        if talk.may():
            said_at_s.append(clock.now_s)

    assert all(later - earlier >= 10 for earlier, later in zip(said_at_s, said_at_s[4:], strict=False))
    assert len(said_at_s) >= 4 * (200 * 0.7 // 10) - 4


def test_the_limit_is_told_in_words():
    assert Talk(at_once=20, within_s=2.5).words == "At most 20 messages in 2.5 seconds; wait a moment."
