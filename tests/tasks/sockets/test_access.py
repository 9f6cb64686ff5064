"""Who may open a socket, how many, and until when."""

import time
from http.cookies import SimpleCookie

import jwt
import pytest
import requests

from pingpong.settings import DEVELOPMENT_SECRET_KEY
from tests.people import PASSWORD
from tests.waiting import wait_until


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
    short = jwt.encode({**claims, "exp": time.time() + 10}, DEVELOPMENT_SECRET_KEY, "HS256")

    assert connect(short).closed_with() == 4401


def test_an_end_of_the_session_that_nobody_told_is_noticed(stack, ada, connect):
    peer = connect(ada.access)

    with stack.postgres() as database:
        database.execute("UPDATE login_sessions SET ended_at = now()")

    assert peer.closed_with() == 4401


def test_a_person_has_so_many_sockets_and_closed_ones_do_not_count(ada, connect):
    peers = [connect(ada.access) for _ in range(4)]
    assert connect(ada.access, established=False).closed_with() == 4429

    peers[0].connection.close()

    def has_place() -> bool:
        peer = connect(ada.access, established=False)
        return peer.connection.recv_data()[0] == 1

    wait_until(has_place, 10)


def test_while_the_database_is_away_it_is_closed_with_1013(stack, ada, connect):
    with stack.refused_by_postgres():
        assert connect(ada.access, established=False).closed_with() == 1013


def test_no_token_is_in_any_log(stack, ada, connect):
    connect(ada.access).connection.shutdown()
    wait_until(lambda: "socket_ended" in (stack.home / "web.log").read_text(), 10)

    assert ada.access not in (stack.home / "web.log").read_text()
