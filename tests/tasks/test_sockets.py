"""`ws /ws/notifications/`, over real sockets to a real web process."""

import contextlib
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import jwt
import psutil
import pytest
import requests
from redis import Redis
from websocket import WebSocketConnectionClosedException

from pingpong.live.publish import Bus, publish
from pingpong.live.update import Update
from pingpong.settings import DEVELOPMENT_SECRET_KEY, load_settings
from tests.api_client import ApiClient
from tests.people import PASSWORD
from tests.socket_peer import Peer, opening
from tests.stack import Stack
from tests.waiting import wait_until

SETTINGS = {
    "SOCKET_PING_EVERY_S": "3",
    "SOCKET_CHECK_EVERY_S": "1",
    "SOCKET_MAX_PER_PERSON": "4",
    "SOCKET_MAX_MESSAGE_BYTES": "1000",
    "SOCKET_MESSAGES_AT_ONCE": "5",
    "LIVE_CLIENT_BUFFER": "100",
    "CORS_ORIGINS": "http://friend.example:3000,null",
    "PING_DELAY_S": "0",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), **SETTINGS) as running:
        yield running


@pytest.fixture
def ada(stack) -> ApiClient:
    return ApiClient(stack.url)


@pytest.fixture
def connect(stack) -> Iterator[Callable[..., Peer]]:
    """Open a socket; all are closed at the end of the test."""
    with opening(f"ws://127.0.0.1:{stack.port}/ws/notifications/") as open_one:

        def open_established(token: str | None = None, *, established: bool = True, **options: Any) -> Peer:
            peer = open_one(token, **options)
            if established:
                assert peer.hear()["type"] == "connection_established"
            return peer

        yield open_established


@pytest.fixture
def tell(stack) -> Iterator[Callable[..., None]]:
    """Publish made-up news of somebody's task."""
    with Redis.from_url(stack.redis_url) as redis:
        bus = Bus.of(load_settings(redis_url=stack.redis_url), redis)

        def publish_it(person_id: str, *numbers: int, size: int = 0) -> None:
            news = {"id": "1", "kind": "made_up", "status": "failed"}
            told = [json.dumps({**news, "error": f"{number} {'x' * size}"}) for number in numbers]
            publish(redis, bus, [Update(f"user:{person_id}", "task", data) for data in told])

        yield publish_it


def id_of(person: ApiClient) -> str:
    return person.get("/api/users/profile/")["id"]


def numbers_of(peer: Peer, count: int) -> list[int]:
    return [int(peer.hear_until("task_result")["data"]["error"].split()[0]) for _ in range(count)]


def test_the_progress_and_the_result_of_own_tasks_are_told(ada, connect):
    peer = connect(ada.access)

    task_id = ada.submit("reverse_string", text="hello")

    assert peer.hear_until("task_progress")["data"] == {"task_id": task_id, "progress": 0}
    told = peer.hear_until("task_result")
    assert told["data"] == {
        "task_id": task_id,
        "task_type": "reverse_string",
        "status": "completed",
        "result": {"reversed_text": "olleh"},
    }
    assert told["event_id"]


def test_text_is_a_result_as_well(ada, connect):
    peer = connect(ada.access)

    ada.submit("ping", text="hello")

    assert peer.hear_until("task_result")["data"]["result"] == "pong hello"


def test_a_failure_says_why(ada, connect):
    peer = connect(ada.access)

    ada.submit("generate_random_number", min_value=2, max_value=1)

    data = peer.hear_until("task_result")["data"]
    assert (data["status"], data["error"]) == ("failed", "min_value must not be greater than max_value.")
    assert "result" not in data


def test_a_result_that_is_too_large_for_the_news_is_told_in_full(ada, connect):
    peer = connect(ada.access)

    ada.submit("reverse_string", text="x" * 9_000)

    assert len(peer.hear_until("task_result")["data"]["result"]["reversed_text"]) == 9_000


def test_nobody_hears_of_anothers_tasks(stack, ada, connect):
    eve = ApiClient(stack.url)
    hers, his = connect(ada.access), connect(eve.access)

    ada.submit("ping", text="secret")
    hers.hear_until("task_result")
    own = eve.submit("ping", text="own")

    assert his.hear()["data"]["task_id"] == own


def test_every_socket_of_a_person_hears_everything(ada, connect):
    peers = [connect(ada.access) for _ in range(3)]

    task_id = ada.submit("ping", text="hello")

    assert {peer.hear_until("task_result")["data"]["task_id"] for peer in peers} == {task_id}


@pytest.mark.parametrize("token", [None, "nonsense", "e30.e30.e30"])
def test_without_a_good_token_it_is_closed_with_4401(connect, token):
    assert connect(token, established=False).closed_with() == 4401


def test_a_refresh_token_is_no_token(ada, connect):
    assert connect(ada.refresh, established=False).closed_with() == 4401


def test_a_token_in_the_header_does_as_well(ada, connect):
    connect(header={"Authorization": f"Bearer {ada.access}"})


def test_a_ticket_is_good_for_one_socket(ada, connect):
    ticket = ada.post("/api/users/tickets/")["ticket"]

    connect(query={"ticket": ticket})
    assert connect(query={"ticket": ticket}, established=False).closed_with() == 4401


@pytest.fixture
def cookie(stack, ada) -> str:
    credentials = {"email": ada.email, "password": PASSWORD}
    response = requests.post(f"{stack.url}/api/users/login/", json=credentials, timeout=10)
    return f"session={SimpleCookie(response.headers['Set-Cookie'])['session'].value}"


@pytest.mark.parametrize("origin", ["own", "http://friend.example:3000", "null"])
def test_a_cookie_is_enough_for_pages_of_ours_and_of_friends(stack, cookie, connect, origin):
    connect(cookie=cookie, origin=stack.url if origin == "own" else origin)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:1", "https://friend.example:3000"]
)
def test_a_page_of_another_origin_cannot_use_the_cookie(cookie, connect, origin):
    assert connect(cookie=cookie, origin=origin, established=False).closed_with() == 4403


def test_a_cookie_without_an_origin_is_not_enough(cookie, connect):
    assert connect(cookie=cookie, established=False).closed_with() == 4401


def test_who_comes_back_hears_what_was_missed_once_and_in_order(ada, connect, tell):
    person_id = id_of(ada)
    peer = connect(ada.access)
    tell(person_id, 1, 2)
    peer.hear()
    last = peer.hear()["event_id"]
    peer.connection.shutdown()
    tell(person_id, 3, 4)

    again = connect(ada.access, query={"since": last})
    tell(person_id, 5)

    assert numbers_of(again, 3) == [3, 4, 5]


def test_the_first_message_tells_from_where_to_go_on(ada, connect, tell):
    person_id = id_of(ada)
    tell(person_id, 1)
    peer = connect(ada.access)
    tell(person_id, 2)
    numbers_of(peer, 1)
    peer.connection.shutdown()

    connection = connect(ada.access, established=False)
    start = connection.hear()["last_event_id"]
    tell(person_id, 3)
    connection.connection.shutdown()

    assert numbers_of(connect(ada.access, query={"since": start}), 1) == [3]


def test_what_can_no_longer_be_replayed_is_said(ada, connect):
    peer = connect(ada.access, query={"since": "1-1"})

    assert peer.hear()["type"] == "reset"


def test_a_web_process_that_is_killed_loses_nothing(stack, ada, connect, tell):
    person_id = id_of(ada)
    peer = connect(ada.access)
    tell(person_id, 1)
    last = peer.hear()["event_id"]

    [worker] = psutil.Process(stack.pid("web")).children()
    worker.kill()
    tell(person_id, 2, 3)
    wait_until(lambda: psutil.Process(stack.pid("web")).children() not in ([], [worker]), 30)

    assert numbers_of(connect(ada.access, query={"since": last}), 2) == [2, 3]


def test_a_logout_closes_the_sockets_of_its_session_only(ada, connect):
    first = connect(ada.access)
    ended = ada.refresh
    ada.log_in()
    second = connect(ada.access)

    ada.post("/api/users/logout/", refresh=ended)

    assert first.closed_with() == 4401
    ada.submit("ping", text="still here")
    assert second.hear_until("task_result")


def test_a_new_password_closes_the_others(ada, connect):
    other = connect(ada.access)
    ada.log_in()
    own = connect(ada.access)

    ada.post("/api/users/password/", old_password=PASSWORD, new_password="another fine password")

    assert other.closed_with() == 4401
    own.say({"type": "ping"})
    assert own.hear_until("pong")


def test_it_is_closed_when_the_token_expires(ada, connect):
    claims = jwt.decode(ada.access, options={"verify_signature": False})
    short = jwt.encode({**claims, "exp": time.time() + 2}, DEVELOPMENT_SECRET_KEY, "HS256")

    assert connect(short).closed_with() == 4401


def test_an_end_of_the_session_that_nobody_told_is_noticed(stack, ada, connect):
    peer = connect(ada.access)

    with stack.postgres() as database:
        database.execute("UPDATE login_sessions SET ended_at = now()")

    assert peer.closed_with() == 4401


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


def test_a_person_has_so_many_sockets_and_closed_ones_do_not_count(ada, connect):
    peers = [connect(ada.access) for _ in range(4)]
    assert connect(ada.access, established=False).closed_with() == 4429

    peers[0].connection.close()

    def has_place() -> bool:
        peer = connect(ada.access, established=False)
        return peer.connection.recv_data()[0] == 1

    wait_until(has_place, 10)


def test_a_request_that_is_no_handshake_is_answered_in_words(stack):
    response = requests.get(f"{stack.url}/ws/notifications/", timeout=10)

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "malformed_request"


def test_while_the_database_is_away_it_is_closed_with_1013(stack, ada, connect):
    with stack.refused_by_postgres():
        assert connect(ada.access, established=False).closed_with() == 1013


def test_no_token_is_in_any_log(stack, ada, connect):
    connect(ada.access).connection.shutdown()
    wait_until(lambda: "socket_ended" in (stack.home / "web.log").read_text(), 10)

    assert ada.access not in (stack.home / "web.log").read_text()


def test_a_web_process_that_leaves_says_goodbye_and_is_gone_at_once(stack, ada, connect):
    peer = connect(ada.access)
    started_at_s = time.monotonic()

    stack.signal("web", signal.SIGTERM)

    assert peer.closed_with() == 1001
    wait_until(lambda: stack.has_ended("web"), 15)
    assert time.monotonic() - started_at_s < 10  # its grace is 20 s
    stack.start("web")
    wait_until(lambda: stack.answers("/readyz"), 60)
