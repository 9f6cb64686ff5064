"""`ws /ws/chat/<conversation>/`: what else is told: who types, who has read, and what was changed."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.api_client import ApiClient
from tests.socket_peer import Peer, Room
from tests.stack import Stack

ADA, BOB, EVE = range(3)


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("told"), SOCKET_MESSAGES_AT_ONCE="1000") as running:
        yield running


@pytest.fixture
def room(stack) -> Iterator[Room]:
    with closing(Room(stack.url)) as made:
        yield made


def heard_before(fence: str, peer: Peer) -> list[dict]:
    """What was told before this message."""
    heard = []
    while (message := peer.hear()).get("text") != fence:
        heard.append(message)
    return heard


def kinds(messages: list[dict]) -> set[str]:
    return {message["type"] for message in messages}


def test_the_others_are_told_who_types_and_who_stops(room):
    typist, own_tab, others = room.open(), room.open(), [room.open(BOB), room.open(EVE)]

    typist.say({"type": "typing", "is_typing": True})
    typist.say({"type": "typing", "is_typing": False})
    typist.post("hello")

    for other in others:
        told = [told for told in heard_before("hello", other) if told["type"] == "typing"]
        assert [one["is_typing"] for one in told] == [True, False]
        assert told[0] == {
            "type": "typing",
            "conversation_id": room.id,
            "user": room.who(ADA),
            "is_typing": True,
        }
    assert "typing" not in kinds(heard_before("hello", own_tab) + heard_before("hello", typist))


def test_who_types_is_told_once_a_second_at_most(room):
    typist, other = room.open(), room.open(BOB)

    started_at_s = time.monotonic()
    for _ in range(100):
        typist.say({"type": "typing", "is_typing": True})
    typist.post("hello")
    told = [one for one in heard_before("hello", other) if one["type"] == "typing"]

    assert 1 <= len(told) <= 1 + int(time.monotonic() - started_at_s)


def test_who_types_is_stored_nowhere(stack, room):
    typist, other = room.open(), room.open(BOB)
    typist.post("hello")
    first = other.hear_until("message")
    typist.say({"type": "typing", "is_typing": True})
    other.hear_until("typing")

    late = room.open(EVE, since=first["id"])

    assert kinds(late.until_now()) <= {"members", "presence", "read"}
    assert [message["text"] for message in room.stored()] == ["hello"]


def test_everybody_is_told_who_has_read_how_far(room):
    ada, bob, own_tab = room.open(), room.open(BOB), room.open(BOB)
    for text in ("first", "second", "third"):
        ada.post(text)
    first, second, _ = bob.hear_some(3)
    assert room.call("GET", "messages/", BOB).json()["unread_count"] == 3

    bob.say({"type": "read", "message_id": second["id"]})

    told = {"type": "read", "conversation_id": room.id, "user": room.who(BOB), "message_id": second["id"]}
    assert ada.hear_until("read") == bob.hear_until("read") == own_tab.hear_until("read") == told
    assert room.call("GET", "messages/", BOB).json()["unread_count"] == 1
    bob.say({"type": "read", "message_id": first["id"]})  # back again: nothing to tell
    bob.post("the end")
    assert "read" not in kinds(heard_before("the end", ada))


def test_to_read_what_is_not_there_is_an_error_and_the_socket_stays(room):
    peer = room.open()

    peer.say({"type": "read", "message_id": room.id})

    assert peer.hear()["code"] == "not_found"
    peer.post("hello")
    assert peer.hear_until("message")


def test_an_edit_and_a_deletion_are_told_at_once(room):
    ada, bob = room.open(), room.open(BOB)
    ada.post("helo")
    said = bob.hear_until("message")

    room.change("PATCH", f"messages/{said['id']}/", text="hello")
    edited = bob.hear_until("message_edited")
    room.change("DELETE", f"messages/{said['id']}/")
    deleted = bob.hear_until("message_deleted")

    assert edited["edited_at"] > edited["sent_at"]
    changed = {"type": "message_edited", "text": "hello", "edited_at": edited["edited_at"], "revision": 1}
    assert edited == {**said, **changed}
    assert (deleted["id"], deleted["seq"], deleted["text"]) == (said["id"], said["seq"], "")
    assert deleted["deleted_at"] > edited["edited_at"]
    assert ada.hear_until("message_deleted") == deleted


def test_everybody_is_told_who_takes_part_and_what_it_is_called(stack, room):
    peers = [room.open(who) for who in (ADA, BOB, EVE)]
    newcomer = ApiClient(stack.url)
    newcomer_id = newcomer.get("/api/users/profile/")["id"]

    room.change("PATCH", name="Analytical engines")
    assert [peer.hear_until("members")["name"] for peer in peers] == ["Analytical engines"] * 3
    room.change("POST", "members/", user_ids=[newcomer_id])
    assert [ids_of(peer.hear_until("members")) for peer in peers] == [{*room.ids, newcomer_id}] * 3
    room.change("DELETE", f"members/{room.ids[EVE]}/", EVE)

    assert ids_of(peers[ADA].hear_until("members")) == {room.ids[ADA], room.ids[BOB], newcomer_id}


def test_who_has_just_joined_hears_who_types(stack, room):
    typist = room.open()
    room.people.append(ApiClient(stack.url))
    room.ids.append(room.people[-1].get("/api/users/profile/")["id"])
    room.change("POST", "members/", user_ids=[room.ids[-1]])
    typist.hear_until("members")

    newcomer = room.open(3)
    typist.say({"type": "typing", "is_typing": True})

    assert newcomer.hear_until("typing")["user"] == room.who(ADA)


def ids_of(news: dict) -> set[str]:
    return {one["id"] for one in news["participants"]}
