"""`ws /ws/chat/<conversation>/`: who is put out, leaves, or is let in again."""

from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from websocket import WebSocketException

from tests.socket_peer import Closed, Peer, Room
from tests.stack import Stack

ADA, BOB, EVE = range(3)


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    settings = {
        "SOCKET_CHECK_EVERY_S": "1",
        "SOCKET_MAX_PER_PERSON": "4",
        "CORS_ORIGINS": "http://friend.example:3000",
    }
    with Stack(tmp_path_factory.mktemp("members"), **settings) as running:
        yield running


@pytest.fixture
def room(stack) -> Iterator[Room]:
    with closing(Room(stack.url)) as made:
        yield made


def texts_until_closed(peer: Peer) -> tuple[list[str], int]:
    """The messages that are still heard, and the code with which it is closed."""
    heard = []
    while True:
        try:
            message = peer.hear()
        except Closed as closed:
            return heard, closed.args[0]
        if message["type"] == "message":
            heard.append(message["text"])


def test_one_who_is_put_out_is_closed_at_once_and_hears_nothing_more(room):
    owner, put_out, other = room.open(ADA), room.open(BOB), room.open(EVE)
    owner.post("before")
    put_out.hear_until("message")

    room.change("DELETE", f"members/{room.ids[BOB]}/")
    owner.post("after")

    assert texts_until_closed(put_out) == ([], 4404)
    assert [message["text"] for message in other.hear_some(2)] == ["before", "after"]


def test_one_who_is_put_out_while_talking_says_nothing_more(room):
    owner, put_out = room.open(ADA), room.open(BOB)
    put_out.post("before")
    owner.hear_until("message")

    room.change("DELETE", f"members/{room.ids[BOB]}/")
    with suppress(OSError, WebSocketException):  # it may be closed already
        put_out.post("after")

    assert put_out.closed_with() == 4404
    assert [message["text"] for message in room.stored()] == ["before"]


def test_one_who_is_put_out_comes_in_no_more_by_any_way(room):
    [message] = room.said("before")
    room.change("DELETE", f"members/{room.ids[BOB]}/")

    assert room.open(BOB).closed_with() == 4404
    assert room.open(BOB, since=message["id"]).closed_with() == 4404
    assert room.call("GET", "messages/", BOB).status_code == 404
    assert room.call("PATCH", f"messages/{message['id']}/", BOB, text="mine").status_code == 404


def test_all_sockets_of_one_who_leaves_are_closed_and_no_others(stack, room):
    tabs, other = [room.open(BOB), room.open(BOB)], room.open(EVE)
    other_id = room.people[BOB].post("/api/chat/conversations/", participants=[room.ids[EVE]])["id"]
    elsewhere = room.connect(
        {"token": room.people[BOB].access}, url=room.address().replace(room.id, other_id)
    )
    elsewhere.until_now()

    room.change("DELETE", f"members/{room.ids[BOB]}/", BOB)

    assert [tab.closed_with() for tab in tabs] == [4404, 4404]
    assert len(other.hear_until("members")["participants"]) == 2
    elsewhere.post("still here")
    assert elsewhere.hear_until("message")["text"] == "still here"


def test_one_who_is_let_in_again_hears_and_talks_again(room):
    room.change("DELETE", f"members/{room.ids[BOB]}/")
    [missed] = room.said("without Bob")
    room.change("POST", "members/", user_ids=[room.ids[BOB]])

    peer = room.open(BOB)
    peer.post("back")

    assert peer.hear_until("message")["seq"] == missed["seq"] + 1


def test_a_membership_whose_end_nobody_told_is_noticed(stack, room):
    peer = room.open(BOB)
    peer.until_now()

    with stack.postgres() as database:
        database.execute("DELETE FROM conversation_members WHERE user_id = %s", [room.ids[BOB]])

    assert peer.closed_with() == 4404


def test_an_account_that_is_closed_hears_no_more(stack, room):
    peer = room.open(BOB)
    peer.until_now()

    with stack.postgres() as database:
        database.execute("UPDATE users SET is_active = false WHERE id = %s", [room.ids[BOB]])

    assert peer.closed_with() == 4401
    assert room.open(BOB).closed_with() == 4401
