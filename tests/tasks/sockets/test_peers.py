"""Whatever a peer says, or does not say, the socket and the others bear it."""

import contextlib
import socket

import pytest
import requests
from websocket import WebSocketConnectionClosedException

from tests.tasks.sockets.hearing import id_of, numbers_of


def test_a_message_that_is_too_large_closes_it_with_1009(ada, connect):
    peer = connect(ada.access)

    peer.say("x" * 1001)

    assert peer.closed_with() == 1009


def test_a_large_message_that_is_never_finished_closes_it_with_1009(ada, connect):
    peer = connect(ada.access)

    with contextlib.suppress(OSError):
        peer.connection.sock.sendall(b"\x81\xff" + (2**40).to_bytes(8, "big") + b"mask" + b"x" * 100_000)

    assert peer.closed_with() == 1009


def test_text_that_is_no_utf8_closes_it_with_1007(ada, connect):
    peer = connect(ada.access)

    peer.connection.send(b"\xff\xfe", opcode=1)

    assert peer.closed_with() == 1007


def test_a_frame_that_is_not_masked_closes_it_with_1002(ada, connect):
    peer = connect(ada.access)

    peer.connection.sock.sendall(b"\x81\x02hi")

    assert peer.closed_with() == 1002


@pytest.mark.parametrize("message", ["nonsense", "[]", "null", '"text"', "{}", '{"type": 1}', "[" * 900])
def test_what_is_no_message_is_answered_with_an_error_and_the_socket_stays(ada, connect, message):
    peer = connect(ada.access)

    peer.say(message)

    assert peer.hear()["code"] == "malformed_message"
    peer.say({"type": "ping"})
    assert peer.hear()["type"] == "pong"


def test_an_unknown_type_and_a_binary_message_are_errors_too(ada, connect):
    peer = connect(ada.access)

    peer.say({"type": "dance"})
    assert "dance" in peer.hear()["message"]
    peer.connection.send_binary(b"\x00")
    assert peer.hear()["code"] == "malformed_message"


def test_who_says_too_much_is_told_so(ada, connect):
    peer = connect(ada.access)

    for _ in range(6):
        peer.say({"type": "ping"})

    assert [peer.hear()["type"] for _ in range(6)] == ["pong"] * 5 + ["error"]


def test_a_flood_of_pings_closes_it(ada, connect):
    peer = connect(ada.access)

    with contextlib.suppress(OSError, WebSocketConnectionClosedException):
        for _ in range(1000):
            peer.connection.ping()

    assert peer.closed_with() == 1008


def test_a_ping_is_answered_with_its_own_words(ada, connect):
    peer = connect(ada.access)

    peer.connection.ping("are you there?")

    assert peer.connection.recv_data(control_frame=True) == (10, b"are you there?")


def test_a_peer_that_shows_no_sign_of_life_is_given_up(ada, connect):
    peer = connect(ada.access)
    raw = peer.connection.sock
    raw.settimeout(20)

    heard = b""
    while chunk := raw.recv(1000):  # no ping is answered
        heard += chunk

    assert (1008).to_bytes(2, "big") in heard


def test_a_peer_that_reads_nothing_is_given_up_and_hurts_nobody(ada, connect, tell):
    person_id = id_of(ada)
    deaf = connect(ada.access, sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
    other = connect(ada.access)

    for start in range(0, 400, 20):
        tell(person_id, *range(start, start + 20), size=50_000)
        assert numbers_of(other, 20) == list(range(start, start + 20))

    with pytest.raises((WebSocketConnectionClosedException, OSError)):
        while True:
            deaf.connection.recv()


def test_a_request_that_is_no_handshake_is_answered_in_words(stack):
    response = requests.get(f"{stack.url}/ws/notifications/", timeout=10)

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "malformed_request"
