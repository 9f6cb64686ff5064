"""`ws /ws/chat/<conversation>/`: what is no frame, no text, or no message.

Nobody else suffers.
"""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from websocket import ABNF

from tests.socket_peer import Peer, Room
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("others")

ADA, BOB, EVE = range(3)
LARGEST_BYTES = 64 * 1024
CONTINUED, TEXT = 0, 1


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("nonsense")) as running:
        yield running


@pytest.fixture
def room(stack) -> Iterator[Room]:
    with closing(Room(stack.url)) as made:
        yield made


@pytest.fixture
def peer(room) -> Peer:
    return room.open()


@pytest.fixture
def others(room) -> Iterator[None]:
    """Whatever happens, the others go on talking."""
    bob, eve = room.open(BOB), room.open(EVE)
    yield
    bob.post("still here")
    while eve.hear_until("message")["text"] != "still here":
        pass


def error(peer: Peer) -> dict:
    return peer.hear_until("error")


def is_open(peer: Peer) -> bool:
    peer.say({"type": "ping"})
    return bool(peer.hear_until("pong"))


def frame(data: bytes | str, opcode: int, *, is_last: bool) -> ABNF:
    return ABNF.create_frame(data, opcode, int(is_last))


def test_binary_frames_are_an_error_and_the_socket_stays(peer):
    peer.connection.send_binary(b"\x00\x01\xff")
    assert error(peer)["code"] == "malformed_message"

    peer.connection.send_binary(b'{"type": "ping"}')
    assert error(peer)["code"] == "malformed_message"
    assert is_open(peer)


@pytest.mark.parametrize(
    "text", [b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b'{"type": "message", "text": "\xe2\x82']
)
def test_text_that_is_no_utf8_closes_it_with_1007(peer, text):
    peer.connection.send(text, opcode=TEXT)

    assert peer.closed_with() == 1007


def test_a_message_may_come_in_frames_with_a_character_cut_in_two_and_pings_between(peer):
    whole = json.dumps({"type": "message", "text": "né 🏓"}, ensure_ascii=False).encode()

    peer.connection.send_frame(frame(whole[:1], TEXT, is_last=False))
    for byte in whole[1:]:
        peer.connection.ping("between")
        peer.connection.send_frame(frame(bytes([byte]), CONTINUED, is_last=False))
    peer.connection.send_frame(frame(b"", CONTINUED, is_last=True))

    assert peer.hear_until("message")["text"] == "né 🏓"


def test_two_frames_that_both_begin_a_message_close_it_with_1002(peer):
    peer.connection.send_frame(frame(b'{"type"', TEXT, is_last=False))
    peer.connection.send_frame(frame(b'{"type": "ping"}', TEXT, is_last=True))

    assert peer.closed_with() == 1002


@pytest.mark.parametrize(
    "frame_bytes",
    [
        pytest.param(b"\x81\x02hi", id="not masked"),
        pytest.param(b"\xf1\x80mask", id="reserved bits"),
        pytest.param(b"\x83\x80mask", id="an unknown opcode"),
        pytest.param(b"\x80\x80mask", id="the end of nothing"),
        pytest.param(b"\x89\xfe\x00\x7emask" + b"x" * 126, id="a ping of more than 125 bytes"),
        pytest.param(b"\x09\x80mask", id="a ping in parts"),
        pytest.param(b"\x88\x81maskx", id="half a code to close with"),
    ],
)
def test_what_is_no_frame_closes_it_with_1002(peer, frame_bytes):
    peer.connection.sock.sendall(frame_bytes)

    assert peer.closed_with() == 1002


@pytest.mark.parametrize(
    "message",
    [
        "",
        "nonsense",
        "[]",
        "null",
        "7",
        '"text"',
        "{}",
        '{"type": 1}',
        '{"type": null}',
        '{"type": ["message"]}',
        '{"type": "message"',
        "\x00",
        "[" * 60_000,
        '{"type":' * 7_000,
        '{"type": ' + "9" * 10_000 + "}",
    ],
)
def test_what_is_no_message_is_answered_with_an_error_and_the_socket_stays(peer, message):
    peer.say(message)

    assert error(peer)["code"] == "malformed_message"
    assert is_open(peer)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "dance"},
        {"type": "\ud800"},
        {"type": "x" * 60_000},
        {"type": "presence", "online": False},
        {"type": "message"},
        {"type": "message", "text": None},
        {"type": "message", "text": 5},
        {"type": "message", "text": ["hello"]},
        {"type": "message", "text": ""},
        {"type": "message", "text": " \n\t "},
        {"type": "message", "text": "a\0b"},
        {"type": "message", "text": "\ud83c"},
        {"type": "message", "text": "hello", "client_id": 5},
        {"type": "message", "text": "hello", "client_id": ""},
        {"type": "message", "text": "hello", "client_id": "x" * 101},
        {"type": "message", "text": "hello", "client_id": "a\0b"},
        {"type": "message", "text": "hello", "client_id": "\ud800"},
        {"type": "typing"},
        {"type": "typing", "is_typing": "yes"},
        {"type": "typing", "is_typing": 1},
        {"type": "read"},
        {"type": "read", "message_id": 7},
        {"type": "read", "message_id": "nonsense"},
        {"type": "read", "message_id": "a\0b"},
    ],
    ids=lambda message: json.dumps(message)[:60],
)
def test_what_does_not_fit_is_an_error_and_the_socket_stays(room, peer, message):
    peer.say(message)

    assert error(peer)["code"] == "validation_error"
    assert is_open(peer)
    assert room.stored() == []


def test_a_message_that_is_nested_deeply_is_an_error(peer):
    peer.say('{"type": "message", "text": ' + "[" * 900 + "]" * 900 + "}")

    assert error(peer)["code"] == "validation_error"
    assert is_open(peer)
