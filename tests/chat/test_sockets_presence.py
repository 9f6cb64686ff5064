"""`ws /ws/chat/<conversation>/`: who is online, and what the others are told of it."""

import time
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest
from redis import Redis
from redis.client import PubSub
from websocket import create_connection

from pingpong.chat.presence import INDEX, LEASES
from tests.api_client import ApiClient
from tests.socket_peer import Peer, Recorder, Room, sockets
from tests.stack import Stack
from tests.waiting import wait_until

ADA, BOB, EVE = range(3)
AWAY_AFTER_S = 3


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    settings = {"SOCKET_MESSAGES_AT_ONCE": "1000", "CHAT_AWAY_AFTER_S": str(AWAY_AFTER_S)}
    with Stack(tmp_path_factory.mktemp("presence"), **settings) as running:
        yield running


@pytest.fixture
def room(stack) -> Iterator[Room]:
    with closing(Room(stack.url)) as made:
        yield made


def told(peer: Peer, who: int, room: Room) -> list[bool]:
    """What has been told of somebody until now."""
    news = [one for one in peer.until_now() if one["type"] == "presence"]
    return [one["online"] for one in news if one["user"] == room.who(who)]


def online(room: Room, who: int) -> bool:
    """What the API says of somebody."""
    people = room.call("GET").json()["participants"]
    return next(one["online"] for one in people if one["id"] == room.ids[who])


def test_coming_and_going_are_told(room):
    ada = room.open()

    bob = room.open(BOB)
    assert ada.hear_until("presence") == {"type": "presence", "user": room.who(BOB), "online": True}
    assert online(room, BOB)
    bob.connection.close()

    assert ada.hear_until("presence") == {"type": "presence", "user": room.who(BOB), "online": False}
    assert not online(room, BOB)


def test_one_whose_connection_is_cut_is_away(room):
    ada, bob = room.open(), room.open(BOB)
    assert ada.hear_until("presence")["online"]

    bob.drop()

    assert not ada.hear_until("presence")["online"]


def test_who_connects_is_told_who_is_online(room):
    room.open().until_now()
    room.open(BOB).until_now()

    eve = room.open(EVE)

    known = [eve.hear() for _ in range(2)]
    assert sorted(one["user"]["username"] for one in known) == sorted(
        room.who(who)["username"] for who in (ADA, BOB)
    )
    assert all(one["type"] == "presence" and one["online"] for one in known)


def test_nobody_is_told_of_themselves(room):
    assert room.open().until_now() == []
    assert room.open().until_now() == []


def test_a_second_tab_changes_nothing(room):
    ada, first = room.open(), room.open(BOB)
    assert ada.hear_until("presence")["online"]

    second = room.open(BOB)
    second.until_now()
    second.connection.close()
    first.post("still here")
    ada.hear_until("message")

    assert told(ada, BOB, room) == []
    assert online(room, BOB)
    first.connection.close()
    assert not ada.hear_until("presence")["online"]


def test_a_socket_for_notifications_is_being_online_too(stack, room):
    ada = room.open()
    url = f"ws://127.0.0.1:{stack.port}/ws/notifications/?token={room.people[BOB].access}"

    notifications = create_connection(url, timeout=20, suppress_origin=True)
    assert ada.hear_until("presence")["online"]
    room.open(BOB).drop()
    wait_until(lambda: sockets(stack.url) == 2)
    assert told(ada, BOB, room) == []
    notifications.shutdown()

    assert not ada.hear_until("presence")["online"]


def test_strangers_are_told_nothing(stack, room):
    with closing(Room(stack.url, 2)) as elsewhere:
        stranger = elsewhere.open()
        stranger.until_now()

        bob = room.open(BOB)
        bob.until_now()
        bob.connection.close()
        elsewhere.open(BOB)

        assert stranger.hear_until("presence")["user"] == elsewhere.who(BOB)


def test_who_is_in_no_conversation_comes_and_goes_without_an_error(stack, room):
    url = f"ws://127.0.0.1:{stack.port}/ws/notifications/?token={ApiClient(stack.url).access}"
    before = sockets(stack.url)

    create_connection(url, timeout=20, suppress_origin=True).shutdown()

    wait_until(lambda: sockets(stack.url) == before)
    assert "socket_failed" not in (stack.home / "web.log").read_text()


def test_a_page_that_is_reloaded_again_and_again_leaves_its_person_online(room):
    ada, bob = Recorder(room.open()), room.open(BOB)

    for _ in range(60):
        bob.drop()
        bob = room.open(BOB)
    bob.until_now()

    wait_until(lambda: ada.states(room.who(BOB))[-1:] == [True], what="Bob to be told to be online")
    ends_at_s = time.monotonic() + AWAY_AFTER_S  # a lease that was ended by mistake would show by then
    while time.monotonic() < ends_at_s:
        assert online(room, BOB)
    assert ada.states(room.who(BOB))[-1]


def test_who_stays_stays_online_for_longer_than_a_lease(room):
    ada, bob = room.open(), room.open(BOB)
    ada.hear_until("presence")
    ends_at_s = time.monotonic() + 2 * AWAY_AFTER_S

    while time.monotonic() < ends_at_s:
        assert online(room, BOB)

    assert told(ada, BOB, room) == []
    assert told(bob, ADA, room) == [True]


def test_who_was_online_when_redis_forgot_everything_is_so_again(stack, room):
    ada, bob = room.open(), room.open(BOB)
    ada.hear_until("presence")

    stack.flush_redis()

    wait_until(lambda: online(room, BOB) and online(room, ADA), 2 * AWAY_AFTER_S)
    bob.drop()
    wait_until(lambda: False in told(ada, BOB, room))


def test_who_was_away_because_their_process_hung_is_told_to_be_online_again(stack, room):
    ada, bob = Recorder(room.open()), room.open(BOB)
    wait_until(lambda: ada.states(room.who(BOB)) == [True])
    [web] = psutil.Process(stack.pid("web")).children()

    with Redis.from_url(stack.redis_url) as redis, redis.pubsub(ignore_subscribe_messages=True) as news:
        news.psubscribe("pingpong:live:*")
        web.suspend()
        wait_until(lambda: tells_away(news, room.ids[BOB]), 30, what="Bob to be told to be away")
        web.resume()

    wait_until(lambda: ada.states(room.who(BOB)) == [True, False, True], 4 * AWAY_AFTER_S)
    assert online(room, BOB)
    bob.post("still here")
    wait_until(lambda: ada.of("message"))
    assert ada.states(room.who(BOB))[-1]


def test_the_leases_of_who_is_gone_are_gone(stack, room):
    for _ in range(3):
        room.open(BOB).drop()
    wait_until(lambda: not online(room, BOB))

    with Redis.from_url(stack.redis_url) as redis:
        wait_until(lambda: redis.zscore(INDEX, room.ids[BOB]) is None)
        wait_until(lambda: not redis.exists(LEASES.format(room.ids[BOB])))


def tells_away(news: PubSub, user_id: str) -> bool:
    """Whether the next of the news says so."""
    message = news.get_message() or {"data": b""}
    return b'"online": false' in message["data"] and user_id.encode() in message["data"]
