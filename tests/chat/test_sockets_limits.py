"""`ws /ws/chat/<conversation>/`: too much, too large, too often, no message at all.

Nobody else suffers.
"""

import json
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from websocket import ABNF, WebSocketConnectionClosedException

from tests.socket_peer import Peer, Room
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("others")

ADA, BOB, EVE = range(3)
LARGEST_BYTES = 64 * 1024
CONTINUED, TEXT = 0, 1


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("limits")) as running:
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


def frame(data: bytes | str, opcode: int, *, is_last: bool) -> ABNF:
    return ABNF.create_frame(data, opcode, int(is_last))


def error(peer: Peer) -> dict:
    return peer.hear_until("error")


def is_open(peer: Peer) -> bool:
    peer.say({"type": "ping"})
    return bool(peer.hear_until("pong"))


def test_a_message_of_64_kb_is_read_and_one_byte_more_closes_it_with_1009(room, peer):
    frame = json.dumps({"type": "message", "text": "hello", "more": ""})
    fill = "x" * (LARGEST_BYTES - len(frame))

    peer.say(frame.replace('""', f'"{fill}"'))
    assert peer.hear_until("message")["text"] == "hello"
    peer.say(frame.replace('""', f'"{fill}x"'))

    assert peer.closed_with() == 1009


def test_a_large_message_that_is_never_finished_closes_it_with_1009(peer):
    with suppress(OSError):
        peer.connection.sock.sendall(b"\x81\xff" + (2**40).to_bytes(8, "big") + b"mask" + b"x" * 100_000)

    assert peer.closed_with() == 1009


def test_a_large_message_in_many_frames_closes_it_with_1009(peer):
    with suppress(OSError, WebSocketConnectionClosedException):
        peer.connection.send_frame(frame("x" * 1000, TEXT, is_last=False))
        for _ in range(100):
            peer.connection.send_frame(frame("x" * 1000, CONTINUED, is_last=False))

    assert peer.closed_with() == 1009


def test_four_thousand_emoji_may_be_said_even_as_escapes(room, peer):
    text = "🏓" * 4000

    peer.say({"type": "message", "text": text})  # `\ud83c\udfd3`, 48 kB of it
    assert peer.hear_until("message")["text"] == text
    peer.say(json.dumps({"type": "message", "text": text}, ensure_ascii=False))

    assert peer.hear_until("message")["text"] == text


def test_one_character_more_is_an_error_with_the_messages_name(room, peer):
    peer.post("🏓" * 4001, "c-1")

    told = error(peer)
    assert (told["code"], told["client_id"]) == ("validation_error", "c-1")
    assert "4000" in told["message"]
    assert is_open(peer)
    assert room.stored() == []


def test_who_says_too_much_is_told_so_by_name_and_may_go_on_later(stack, room, peer):
    listener = room.open(BOB)

    for number in range(25):
        peer.post(f"{number}", f"c-{number}")

    told = [error(peer) for _ in range(5)]
    assert {one["code"] for one in told} == {"too_many_messages"}
    assert [one["client_id"] for one in told] == [f"c-{number}" for number in range(20, 25)]
    assert "20 messages in 10 seconds" in told[0]["message"]
    assert [message["text"] for message in listener.hear_some(20)] == [f"{number}" for number in range(20)]
    assert is_open(peer)


def test_typing_and_reading_do_not_count_as_talk(room, peer):
    peer.post("first")
    first = peer.hear_until("message")

    for number in range(50):
        peer.say({"type": "typing", "is_typing": number % 2 == 0})
        peer.say({"type": "read", "message_id": first["id"]})
    for number in range(19):
        peer.post(f"{number}")

    assert [message["text"] for message in peer.hear_some(19)] == [f"{number}" for number in range(19)]


def test_another_tab_may_talk_while_one_is_flooding(room, peer):
    tab = room.open()
    for number in range(40):
        peer.post(f"{number}")

    tab.post("from the other tab")

    while tab.hear_until("message")["text"] != "from the other tab":
        pass


def test_a_flood_of_pings_closes_it_with_1008(peer):
    with suppress(OSError, WebSocketConnectionClosedException):
        for _ in range(1000):
            peer.connection.ping()

    assert peer.closed_with() == 1008


@pytest.mark.parametrize("message", [{"type": "typing", "is_typing": True}, {"type": "ping"}, "nonsense"])
def test_a_flood_of_anything_else_closes_it_with_1008(peer, message):
    with suppress(OSError, WebSocketConnectionClosedException):
        for _ in range(1000):
            peer.say(message)

    assert peer.closed_with() == 1008
