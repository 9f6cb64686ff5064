"""`ws /ws/chat/<conversation>/`: who may listen and talk, and for how long."""

import time
from collections.abc import Iterator
from contextlib import closing
from http.cookies import SimpleCookie

import jwt
import pytest
import requests
from websocket import WebSocketException

from pingpong.settings import DEVELOPMENT_SECRET_KEY
from tests.api_client import ApiClient
from tests.people import PASSWORD
from tests.socket_peer import Closed, Room
from tests.stack import Stack
from tests.waiting import wait_until

ADA, BOB, EVE = range(3)
NOBODYS_ID = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    settings = {
        "SOCKET_CHECK_EVERY_S": "1",
        "SOCKET_MAX_PER_PERSON": "4",
        "CORS_ORIGINS": "http://friend.example:3000",
    }
    with Stack(tmp_path_factory.mktemp("access"), **settings) as running:
        yield running


@pytest.fixture
def room(stack) -> Iterator[Room]:
    with closing(Room(stack.url)) as made:
        yield made


@pytest.fixture
def cookie(room) -> str:
    credentials = {"email": room.people[ADA].email, "password": PASSWORD}
    response = requests.post(f"{room.url}/api/users/login/", json=credentials, timeout=10)
    return f"session={SimpleCookie(response.headers['Set-Cookie'])['session'].value}"


def token_of(person: ApiClient, **claims: object) -> str:
    known = jwt.decode(person.access, options={"verify_signature": False})
    return jwt.encode({**known, **claims}, DEVELOPMENT_SECRET_KEY, "HS256")


@pytest.mark.parametrize("query", [{}, {"token": "nonsense"}, {"token": "e30.e30.e30"}, {"ticket": "none"}])
def test_without_good_credentials_it_is_closed_with_4401(room, query):
    assert room.connect(query).closed_with() == 4401


def test_a_refresh_token_and_an_expired_one_are_no_tokens(room):
    ada = room.people[ADA]

    assert room.connect({"token": ada.refresh}).closed_with() == 4401
    assert room.connect({"token": token_of(ada, exp=time.time() - 1)}).closed_with() == 4401


def test_who_takes_no_part_hears_as_little_as_of_one_that_is_not_there(stack, room):
    stranger = ApiClient(stack.url)

    peer = room.connect({"token": stranger.access})
    not_there = room.connect({"token": stranger.access}, url=room.address().replace(room.id, NOBODYS_ID))

    assert peer.connection.recv_data() == not_there.connection.recv_data()
    assert room.connect({"token": stranger.access}).closed_with() == 4404


def test_what_is_no_id_of_a_conversation_is_not_found(room):
    with pytest.raises(WebSocketException, match="404"):
        room.connect({"token": room.people[ADA].access}, url=room.address().replace(room.id, "nonsense"))


@pytest.mark.parametrize("origin", ["own", "http://friend.example:3000"])
def test_a_cookie_is_enough_for_pages_of_ours_and_of_friends(room, cookie, origin):
    peer = room.connect({}, cookie=cookie, origin=room.url if origin == "own" else origin)

    peer.post("hello")

    assert peer.hear_until("message")["sender"] == room.who(ADA)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_a_page_of_another_origin_cannot_use_the_cookie(room, cookie, origin):
    assert room.connect({}, cookie=cookie, origin=origin).closed_with() == 4403


def test_a_cookie_without_an_origin_is_not_enough(room, cookie):
    assert room.connect({}, cookie=cookie).closed_with() == 4401


def test_a_ticket_is_good_for_one_socket(room):
    ticket = room.people[ADA].post("/api/users/tickets/")["ticket"]

    peer = room.connect({"ticket": ticket})
    peer.post("hello")

    assert peer.hear_until("message")["sender"] == room.who(ADA)
    assert room.connect({"ticket": ticket}).closed_with() == 4401


def test_a_bearer_token_in_the_header_does_as_well(room):
    peer = room.connect({}, header=room.people[ADA].headers)

    peer.post("hello")

    assert peer.hear_until("message")


def test_a_logout_closes_the_sockets_of_its_session_only(room):
    ada = room.people[ADA]
    first, ended = room.open(), ada.refresh
    ada.log_in()
    second = room.open()

    ada.post("/api/users/logout/", refresh=ended)

    assert first.closed_with() == 4401
    second.post("still here")
    assert second.hear_until("message")


def test_a_new_password_closes_the_others(room):
    ada = room.people[ADA]
    other = room.open()
    ada.log_in()
    own = room.open()

    ada.post("/api/users/password/", old_password=PASSWORD, new_password="another fine password")

    assert other.closed_with() == 4401
    own.post("still here")
    assert own.hear_until("message")


def test_it_is_closed_when_the_token_expires(room):
    short = token_of(room.people[ADA], exp=time.time() + 2)

    assert room.connect({"token": short}).closed_with() == 4401


def test_a_person_has_so_many_sockets_and_closed_ones_do_not_count(room):
    peers = [room.open() for _ in range(4)]
    for peer in peers:
        peer.until_now()

    assert room.open().closed_with() == 4429
    bob = room.open(BOB)
    peers[0].connection.close()

    wait_until(lambda: is_let_in(room), 20)
    bob.post("hello")
    assert peers[1].hear_until("message")["text"] == "hello"


def test_no_token_is_in_any_log(stack, room):
    room.open().until_now()

    assert room.people[ADA].access not in (stack.home / "web.log").read_text()


def is_let_in(room: Room) -> bool:
    try:
        room.open().until_now()
    except Closed:
        return False
    return True
