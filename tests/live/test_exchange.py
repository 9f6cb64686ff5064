"""How much may be said on one socket, and what is logged when it fails."""

import socket
from uuid import uuid4

import gevent
import pytest
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from pingpong.live.attendance import Attendance
from pingpong.live.exchange import Exchange, Surroundings, Talk
from pingpong.live.hub import Hub
from pingpong.live.rounds import Rounds
from pingpong.live.topics import Audience
from pingpong.live.update import Update
from pingpong.live.websocket import read_handshake
from tests.live.test_websocket import HANDSHAKE

MESSAGE = b'{"type":"x"}'
FRAME = b"\x81" + bytes([0x80 | len(MESSAGE)]) + bytes(4) + MESSAGE
"""As a client sends it (RFC 6455 §5.2), masked with zeros."""


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


class BrokenParty:
    """Greets, and breaks at whatever comes next."""

    audience = Audience(frozenset({"news"}))
    last_event_id = None
    uncounted = frozenset()

    def __init__(self) -> None:
        self.person_id = uuid4()

    def greet(self):
        return []

    def translate(self, update):
        raise ValueError

    def receive(self, message):
        raise ValueError


@pytest.fixture
def around(app, settings) -> Surroundings:
    hub = Hub(10, 10)
    hub.fill([])
    return Surroundings(app, hub, Attendance(settings), Rounds(), settings)


@pytest.mark.parametrize("way", ["told", "heard"])
def test_a_socket_that_fails_is_logged_with_the_request_that_opened_it(around, way):
    peer, stream = socket.socketpair()
    with bound_contextvars(request_id="the-handshake"):
        exchange = Exchange(stream, read_handshake(HANDSHAKE), BrokenParty(), around)
    exchange.begin()

    with capture_logs(processors=[merge_contextvars]) as lines:
        if way == "told":
            around.hub.receive([Update("news", "news")])
        else:
            peer.sendall(FRAME)
        with gevent.Timeout(10):
            while "socket_failed" not in {line["event"] for line in lines}:
                gevent.sleep(0.01)
    peer.close()

    [failed] = [line for line in lines if line["event"] == "socket_failed"]
    assert failed["request_id"] == "the-handshake"
