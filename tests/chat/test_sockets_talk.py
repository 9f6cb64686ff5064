"""`ws /ws/chat/<conversation>/`: what is said in a conversation, and who hears it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import UUID

import pytest

from tests.socket_peer import Room, seqs, sockets
from tests.stack import Stack
from tests.waiting import wait_until

ADA, BOB, EVE = range(3)


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("talk"), SOCKET_MESSAGES_AT_ONCE="1000") as running:
        yield running


@pytest.fixture
def room(stack) -> Iterator[Room]:
    with closing(Room(stack.url)) as made:
        yield made


def kinds(messages: list[dict]) -> set[str]:
    return {message["type"] for message in messages}


def test_all_members_hear_a_message_in_the_same_words(room):
    peers = [room.open(who) for who in (ADA, BOB, EVE)]

    peers[ADA].post("Grüße, 👩‍👩‍👧!\n\t你好", "c-1")

    first, second, third = (peer.hear_until("message") for peer in peers)
    assert first == second == third
    assert UUID(first["id"]).version == 7
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", first["sent_at"])
    assert first == {
        "type": "message",
        "conversation_id": room.id,
        "id": first["id"],
        "seq": 1,
        "sender": room.who(ADA),
        "text": "Grüße, 👩‍👩‍👧!\n\t你好",
        "sent_at": first["sent_at"],
        "edited_at": None,
        "deleted_at": None,
        "client_id": "c-1",
    }


def test_the_senders_other_tabs_and_devices_hear_it_too(room):
    tab, other_tab = room.open(), room.open()
    room.people[ADA].log_in()
    device = room.open()

    tab.post("hello")

    assert {peer.hear_until("message")["text"] for peer in (tab, other_tab, device)} == {"hello"}


def test_a_message_is_heard_in_its_own_conversation_only(stack, room):
    other_id = room.people[ADA].post("/api/chat/conversations/", participants=[room.ids[BOB]])["id"]
    url = room.address().replace(room.id, other_id)
    peer, elsewhere = room.open(BOB), room.connect({"token": room.people[BOB].access}, url=url)

    room.open().post("in the group")
    peer.hear_until("message")
    elsewhere.post("between us")

    assert elsewhere.hear_until("message")["text"] == "between us"
    assert "message" not in kinds(peer.until_now())


def test_two_who_talk_at_the_same_moment_are_heard_in_one_order(room):
    peers = [room.open(who) for who in (ADA, BOB, EVE)]

    with ThreadPoolExecutor(3) as talking:
        for peer in peers:
            talking.submit(lambda peer=peer: [peer.post(f"{number}") for number in range(50)])

    heard = [peer.hear_some(150) for peer in peers]
    assert heard[0] == heard[1] == heard[2]
    assert seqs(heard[0]) == list(range(1, 151))


def test_what_is_sent_again_is_said_once_and_shown_to_its_sender(room):
    sender, listener = room.open(), room.open(BOB)
    sender.post("hello", "c-1")
    first = sender.hear_until("message")

    sender.post("hello", "c-1")
    again = sender.hear_until("message")
    sender.post("the end")

    assert again == first
    assert [message["text"] for message in listener.hear_some(2)] == ["hello", "the end"]


def test_what_two_tabs_send_under_one_name_at_once_is_said_once(room):
    tabs = [room.open() for _ in range(8)]

    with ThreadPoolExecutor(8) as talking:
        list(talking.map(lambda tab: tab.post("hello", "c-1"), tabs))
    seen = {tab.hear_until("message")["id"] for tab in tabs}

    assert [message["id"] for message in room.stored()] == list(seen)


def test_another_may_use_the_same_name_for_another_message(room):
    ada, bob = room.open(), room.open(BOB)

    ada.post("mine", "c-1")
    bob.post("no, mine", "c-1")

    assert {message["text"] for message in ada.hear_some(2)} == {"mine", "no, mine"}


def test_the_health_of_chat_counts_the_sockets(stack, room):
    wait_until(lambda: sockets(stack.url) == 0, what="those of other tests to be gone")

    peer = room.open()
    peer.until_now()

    assert sockets(stack.url) == 1
    peer.drop()
    wait_until(lambda: sockets(stack.url) == 0)
