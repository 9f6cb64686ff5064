"""`ws /ws/chat/<conversation>/?since=`: who comes back has missed nothing, and hears nothing twice."""

import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import count

import psutil
import pytest

from tests.socket_peer import Peer, Recorder, Room, seqs
from tests.stack import Stack
from tests.waiting import wait_until

ADA, BOB, EVE = range(3)
NOBODYS_ID = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"
MANY = 1_200
"""More than two batches of what is read at once."""
A_SOCKETS_SHARE = 240
"""More frames within ten seconds were a flood."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    settings = {"SOCKET_MESSAGES_AT_ONCE": "1000", "CHAT_MESSAGES_RATE_LIMIT": "1000000/second"}
    with Stack(tmp_path_factory.mktemp("returning"), **settings) as running:
        yield running


@pytest.fixture
def room(stack) -> Iterator[Room]:
    with closing(Room(stack.url)) as made:
        yield made


def post_many(room: Room, total: int) -> list[threading.Thread]:
    """Ada and Eve post from several sockets at once, as fast as they can."""
    peers = [room.open(who) for who in (ADA, EVE, ADA, EVE, ADA)][: -(-total // A_SOCKETS_SHARE)]
    share = total // len(peers)

    def talk(peer: Peer) -> None:
        for number in range(share):
            peer.post(f"message {number}")
        peer.hear_some(total)

    threads = [threading.Thread(target=talk, args=[peer]) for peer in peers]
    for thread in threads:
        thread.start()
    return threads


def test_who_comes_back_hears_what_was_missed_once_and_in_order(room):
    first, *missed = room.said("first", "second", "third")

    again = room.open(BOB, since=first["id"])
    room.said("fourth")

    assert [message["text"] for message in again.hear_some(3)] == ["second", "third", "fourth"]
    assert missed == room_messages(room)[1:3]


def test_who_does_not_say_since_when_hears_from_now_on(room):
    room.said("before")

    peer = room.open(BOB)
    room.said("after")

    assert peer.hear_until("message")["text"] == "after"


def test_who_knows_nothing_yet_may_hear_all_from_the_beginning(room):
    room.said("first", "second")

    assert [one["text"] for one in room.open(BOB, since="0").hear_some(2)] == ["first", "second"]


def test_more_than_one_batch_is_replayed_while_more_is_said(room):
    [first] = room.said("first")
    for thread in post_many(room, MANY):
        thread.join()

    quiet = room.open(BOB, since=first["id"])
    assert seqs(quiet.hear_some(MANY)) == list(range(2, 2 + MANY))

    threads = post_many(room, A_SOCKETS_SHARE * 2)
    bob = room.open(BOB, since=first["id"])
    heard = bob.hear_some(MANY + A_SOCKETS_SHARE * 2)

    for thread in threads:
        thread.join()
    assert seqs(heard) == list(range(2, 2 + MANY + A_SOCKETS_SHARE * 2))
    assert "message" not in {message["type"] for message in bob.until_now()}


def test_who_comes_and_goes_while_others_post_misses_nothing(room):
    [last] = room.said("first")
    heard = [last]
    threads = post_many(room, MANY)

    for stay in count(1):
        peer = room.open(BOB, since=heard[-1]["id"])
        heard += peer.hear_some(min(17 * stay, 1 + MANY - len(heard)))
        peer.drop()
        if len(heard) > MANY:
            break

    for thread in threads:
        thread.join()
    assert seqs(heard) == list(range(1, 2 + MANY))


def test_a_message_that_is_replayed_is_as_it_stands_now(room):
    first, second, third = room.said("first", "secnd", "third")
    room.change("PATCH", f"messages/{second['id']}/", text="second")
    room.change("DELETE", f"messages/{third['id']}/")

    two, three = room.open(BOB, since=first["id"]).hear_some(2)

    assert (two["text"], bool(two["edited_at"])) == ("second", True)
    assert (three["text"], bool(three["deleted_at"])) == ("", True)


def test_older_messages_that_were_changed_meanwhile_are_told_again(room):
    first, second, last = room.said("frst", "second", "last")
    room.change("PATCH", f"messages/{first['id']}/", text="first")
    room.change("DELETE", f"messages/{second['id']}/")
    room.change("PATCH", f"messages/{last['id']}/", text="the last")

    told = room.open(BOB, since=last["id"]).until_now()

    changes = [(one["type"], one["seq"], one["text"]) for one in told if one["type"].startswith("message")]
    assert changes == [
        ("message_edited", 1, "first"),
        ("message_deleted", 2, ""),
        ("message_edited", 3, "the last"),
    ]


def test_what_changed_long_before_the_message_that_one_knows_is_not_told_again(stack, room):
    [first] = room.said("frst")
    room.change("PATCH", f"messages/{first['id']}/", text="first")
    with stack.postgres() as database:
        database.execute("UPDATE messages SET edited_at = edited_at - interval '1 minute'")
    [last] = room.said("last")

    told = room.open(BOB, since=last["id"]).until_now()

    assert {one["type"] for one in told} <= {"members", "read", "presence"}


def test_who_comes_back_is_told_who_has_read_how_far(room):
    first, second = room.said("first", "second")
    eve = room.open(EVE)
    eve.say({"type": "read", "message_id": first["id"]})
    eve.hear_until("read")

    told = room.open(BOB, since=second["id"]).until_now()

    marks = {one["user"]["id"]: one["message_id"] for one in told if one["type"] == "read"}
    assert marks == {room.ids[ADA]: second["id"], room.ids[EVE]: first["id"]}


@pytest.mark.parametrize("since", ["nonsense", "-1", NOBODYS_ID, "' OR 1=1 --", "x" * 3000])
def test_what_is_no_message_to_go_on_from_is_refused_in_words(stack, room, since):
    assert closed_in_words(room, since) == (4422, "since: must be a message of this conversation")
    assert "socket_failed" not in (stack.home / "web.log").read_text()


def test_a_message_of_another_conversation_is_none_to_go_on_from(stack, room):
    with closing(Room(stack.url, 2)) as elsewhere:
        [message] = elsewhere.said("hello")

        assert closed_in_words(room, message["id"])[0] == 4422


def test_a_web_process_that_is_killed_loses_nothing(stack, room):
    first, *_ = room.said("first")
    [web] = psutil.Process(stack.pid("web")).children()
    bob, eve = room.open(BOB, since=first["id"]), room.open(EVE)
    eve.post("before")
    bob.hear_until("message")

    web.kill()
    wait_until(lambda: psutil.Process(stack.pid("web")).children() not in ([], [web]), 30)
    wait_until(lambda: stack.answers("/readyz"), 60)
    room.said("after")

    again = room.open(BOB, since=first["id"])
    assert [message["text"] for message in again.hear_some(2)] == ["before", "after"]


def test_a_web_process_that_leaves_sends_all_away_and_is_gone_at_once(stack, room):
    recorders = [Recorder(room.open(who)) for who in (ADA, BOB, EVE)]
    [first] = room.said("first")

    stack.signal("web", signal.SIGTERM)

    wait_until(lambda: stack.has_ended("web"), 10)  # its grace is 20 s
    wait_until(lambda: [recorder.code for recorder in recorders] == [1001] * 3)
    stack.start("web")
    wait_until(lambda: stack.answers("/readyz"), 60)
    room.said("second")
    assert room.open(BOB, since=first["id"]).hear_until("message")["text"] == "second"


def test_the_newest_page_of_the_api_goes_on_where_a_socket_begins(room):
    room.said("first", "second")
    newest = room.call("GET", "messages/").json()["items"][0]

    room.said("third")

    assert room.open(BOB, since=newest["id"]).hear_until("message")["text"] == "third"


def closed_in_words(room: Room, since: str) -> tuple[int, str]:
    connection = room.open(BOB, since=since).connection
    opcode, data = connection.recv_data()
    assert opcode == 8
    return int.from_bytes(data[:2], "big"), data[2:].decode()


def room_messages(room: Room) -> list[dict]:
    told = {"type": "message", "conversation_id": room.id}
    return [{**told, **message} for message in room.stored()]
