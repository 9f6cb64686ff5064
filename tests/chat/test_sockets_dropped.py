"""`ws /ws/chat/<conversation>/`: peers that vanish, never read, never answer, or never finish."""

import json
import random
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPResponse

import psutil
import pytest
from redis import Redis
from websocket import WebSocketConnectionClosedException

from tests.socket_peer import Recorder, Room, seqs, sockets
from tests.stack import Stack
from tests.waiting import wait_until

ADA, BOB, EVE = range(3)
SEND_WITHIN_S = 5
LONG = "🏓" * 4000
POOLS = 30
"""Connections to Postgres and Redis that may be kept; four hundred peers that were kept would be more."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    settings = {
        "SOCKET_PING_EVERY_S": str(SEND_WITHIN_S),
        "SOCKET_MESSAGES_AT_ONCE": "1000",
        "LIVE_CLIENT_BUFFER": "200",
        "SOCKET_MAX_PER_PERSON": "300",
        "DB_STATEMENT_TIMEOUT_S": "2",
    }
    with Stack(tmp_path_factory.mktemp("dropped"), **settings) as running:
        yield running


@pytest.fixture
def room(stack) -> Iterator[Room]:
    with closing(Room(stack.url)) as made:
        yield made


def handshake(room: Room) -> bytes:
    path = room.address().partition("/ws/")[2]
    lines = [
        f"GET /ws/{path}?token={room.people[BOB].access} HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def knock(stack: Stack, said: bytes) -> socket.socket:
    """A connection on which this is said, and nothing read."""
    connection = socket.create_connection(("127.0.0.1", stack.port), timeout=20)
    connection.sendall(said)
    return connection


def cut(connection: socket.socket) -> None:
    """Reset the connection, as a host that crashes does when it is up again."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_one_that_never_reads_delays_nobody_and_is_closed_in_the_end(stack, room):
    deaf = room.connect(
        {"token": room.people[EVE].access}, sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]
    )
    talkers = [room.open(ADA) for _ in range(6)]
    bob = room.open(BOB)
    longest_s = 0.0

    for number in range(600):  # 10 MB: more than any buffer takes
        began_at_s = time.monotonic()
        talkers[number % 6].say(json.dumps({"type": "message", "text": LONG}, ensure_ascii=False))
        assert [peer.hear_until("message")["seq"] for peer in (bob, *talkers)] == [number + 1] * 7
        longest_s = max(longest_s, time.monotonic() - began_at_s)

    assert longest_s < SEND_WITHIN_S
    wait_until(lambda: sockets(stack.url) <= len([bob, *talkers]), 6 * SEND_WITHIN_S)
    with pytest.raises((WebSocketConnectionClosedException, OSError)):
        while True:
            deaf.connection.recv_data()
    first = room.call("GET", "messages/?limit=100").json()["items"][-1]
    again = room.open(EVE, since=first["id"])
    assert seqs(again.hear_some(99)) == list(range(first["seq"] + 1, first["seq"] + 100))


def test_one_that_shows_no_sign_of_life_is_closed_with_1008(stack, room):
    with knock(stack, handshake(room)) as silent:
        heard = b""
        while chunk := silent.recv(1000):  # no ping is answered
            heard += chunk

    assert (1008).to_bytes(2, "big") in heard
    wait_until(lambda: sockets(stack.url) == 0)


def test_one_that_begins_a_message_and_falls_silent_is_closed_with_1008(stack, room):
    with knock(stack, handshake(room)) as silent:
        silent.recv(1000)
        silent.sendall(b"\x01\xffmask"[:3])
        heard = b""
        while chunk := silent.recv(1000):
            heard += chunk

    assert (1008).to_bytes(2, "big") in heard


def test_one_that_says_goodbye_and_stays_is_let_go(stack, room):
    peer = room.open()
    peer.until_now()

    peer.connection.send_close()

    assert peer.closed_with() == 1000
    wait_until(lambda: sockets(stack.url) == 0)


def test_one_that_closes_only_its_own_direction_is_let_go(stack, room):
    peer = room.open()
    peer.until_now()

    peer.connection.sock.shutdown(socket.SHUT_WR)

    wait_until(lambda: sockets(stack.url) == 0)


def test_a_handshake_that_is_never_finished_holds_up_nobody(stack, room):
    whole = handshake(room)
    unfinished = [knock(stack, whole[: random.randrange(len(whole) - 1)]) for _ in range(100)]
    ada, bob = room.open(), room.open(BOB)

    ada.post("hello")

    assert bob.hear_until("message")["text"] == "hello"
    for connection in unfinished:
        cut(connection)


def test_a_socket_that_the_database_keeps_from_beginning_is_not_counted(stack, room):
    token = {"token": room.people[BOB].access}
    url = f"ws://127.0.0.1:{stack.port}/ws/notifications/"

    with stack.postgres() as database, database.transaction():
        database.execute("LOCK TABLE conversation_members")  # more than anybody waits for
        assert room.connect(token, url=url).closed_with() == 1013  # nobody can be told that Bob has come

    wait_until(lambda: sockets(stack.url) == 0)
    peer = room.open(BOB)
    peer.post("hello")
    assert peer.hear_until("message")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"GET /ws/chat/{id}/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"POST /ws/chat/{id}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 405),
        (b"GET /ws/chat/{id}/ HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 400),
    ],
    ids=["no upgrade", "a POST", "no key"],
)
def test_what_is_no_handshake_is_answered_in_words(stack, room, said, status):
    with knock(stack, said.replace(b"{id}", room.id.encode())) as connection:
        answer = HTTPResponse(connection)
        answer.begin()

        assert answer.status == status
        assert json.load(answer)["error"]["message"]


def test_two_hundred_that_are_cut_at_any_moment_leave_nothing_behind(stack, room):
    """Their person is told to be away, no file and no connection stays open, and the others hear all."""
    ada, eve = room.open(), room.open(EVE)
    heard = [Recorder(ada), Recorder(eve)]
    cut_two_hundred(stack, room)  # fills the pools
    wait_until(lambda: sockets(stack.url) == 2, 30)
    before, said_before = open_things(stack), len(log(stack))

    for number in range(2):
        cut_two_hundred(stack, room)
        ada.post(f"{number}")

    wait_until(lambda: sockets(stack.url) == 2, 30)
    wait_until(lambda: are_as_few(open_things(stack), before), 30, what=f"no more than {before}")
    assert [[message["text"] for message in one.of()] for one in heard] == [["0", "1"]] * 2
    people = room.call("GET").json()["participants"]
    assert [one["online"] for one in people] == [one["id"] != room.ids[BOB] for one in people]
    assert "Traceback" not in log(stack)[said_before:]


def cut_two_hundred(stack: Stack, room: Room) -> None:
    whole = handshake(room)
    hello = json.dumps({"type": "ping"}).encode()
    frame = bytes([0x81, 0x80 | len(hello)]) + b"\0\0\0\0" + hello

    def come_and_vanish(number: int) -> None:
        wanted = random.Random(number)
        said = [whole[: wanted.randrange(len(whole))], whole, whole + frame, whole + frame[:4]][number % 4]
        with knock(stack, said) as connection, suppress(OSError):
            if number % 4 and number % 3:
                connection.recv(1000 if number % 3 == 1 else 1)
            cut(connection) if number % 2 else connection.close()

    with ThreadPoolExecutor(20) as vanishing:
        list(vanishing.map(come_and_vanish, range(200)))


def log(stack: Stack) -> str:
    return (stack.home / "web.log").read_text()


def are_as_few(now: tuple[int, ...], before: tuple[int, ...]) -> bool:
    """But for connections in pools, which may have been filled a little more."""
    more = (POOLS, 0, 0, POOLS)
    return all(after <= first + few for after, first, few in zip(now, before, more, strict=True))


def open_things(stack: Stack) -> tuple[int, int, int, int]:
    """The web process' files and threads, Redis' subscriptions, and the connections to Postgres."""
    [web] = psutil.Process(stack.pid("web")).children()
    with Redis.from_url(stack.redis_url) as redis, stack.postgres() as database:
        subscriptions = len(redis.client_list(_type="pubsub"))
        [connections] = database.execute("SELECT count(*) FROM pg_stat_activity").fetchone()
    return web.num_fds(), web.num_threads(), subscriptions, connections


def test_peers_that_vanish_in_the_middle_of_a_long_replay_harm_nobody(stack, room):
    fill(stack, room, 3_000)
    [web] = psutil.Process(stack.pid("web")).children()

    def come_and_vanish(_: int) -> None:
        peer = room.open(BOB, since="0")
        peer.hear()
        cut(peer.connection.sock)

    with ThreadPoolExecutor(20) as vanishing:
        list(vanishing.map(come_and_vanish, range(20)))
    wait_until(lambda: sockets(stack.url) == 0, 60)
    ada, eve = room.open(), room.open(EVE)
    ada.post("still here")

    assert eve.hear_until("message")["text"] == "still here"
    assert web.is_running()
    assert web == psutil.Process(stack.pid("web")).children()[0]


def fill(stack: Stack, room: Room, count: int) -> None:
    """So many messages, past the app."""
    with stack.postgres() as database:
        database.execute(
            "INSERT INTO messages (id, conversation_id, seq, sender_id, text)"
            " SELECT gen_random_uuid(), %s, seq, %s, 'message ' || seq FROM generate_series(1, %s) AS seq",
            [room.id, room.ids[ADA], count],
        )
        database.execute("UPDATE conversations SET last_seq = %s WHERE id = %s", [count, room.id])
