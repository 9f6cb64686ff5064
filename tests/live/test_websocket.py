"""A socket whose peer is gone. (What peers say is in tests/tasks and tests/chat, test_sockets*.py.)"""

import socket
import struct
import time

import gevent
import pytest

from pingpong.live.websocket import LINGER_S, Close, Socket, read_handshake

HANDSHAKE = [
    ("Host", "localhost"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
]


@pytest.fixture
def ended() -> list[Socket]:
    return []


@pytest.fixture
def opened(ended):
    """One end of a connection as a socket of ours, and the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = socket.create_connection(server.getsockname())
        stream, _ = server.accept()
    ours = Socket(stream, read_handshake(HANDSHAKE), ended.append, max_message_bytes=1000, ping_every_s=5)
    yield ours, peer
    peer.close()


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def test_one_that_is_over_before_it_listens_listens_to_nothing(opened, ended):
    """The event loop ends the whole process when it is told to watch what is closed."""
    ours, peer = opened
    reset(peer)
    while ours.is_open:
        ours.send("hello")
        ours.accept()

    ours.check(time.monotonic() + LINGER_S + 1)
    gevent.sleep(0)
    assert ended == [ours]
    ours.listen(lambda _: None)
    gevent.sleep(0.01)

    assert ended == [ours]
    assert ours.code == Close.GOING_AWAY


def test_one_that_was_closed_ends_though_its_peer_does_not_hang_up(opened, ended):
    ours, _ = opened
    ours.close(Close.POLICY, "No.")

    ours.check(time.monotonic())
    gevent.sleep(0)
    assert ended == []
    ours.check(time.monotonic() + LINGER_S + 1)
    gevent.sleep(0)

    assert ended == [ours]
