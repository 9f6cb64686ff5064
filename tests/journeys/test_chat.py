"""Conversations over several web processes: all hear all, once and in order, over crashes and deploys."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from tests.journeys.talkers import Talker, TwoWebs, has_heard, is_up
from tests.socket_peer import Recorder, Room, seqs
from tests.waiting import wait_until

ADA, BOB, EVE = range(3)
SLOWLY_S = 0.5
"""Between two messages of one who only keeps the talk going."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[TwoWebs]:
    with TwoWebs(tmp_path_factory.mktemp("chat")) as running:
        wait_until(lambda: is_up(running.other_url), 60)
        yield running


@pytest.fixture
def here(stack) -> str:
    return stack.url


@pytest.fixture
def there(stack) -> str:
    return stack.other_url


@pytest.fixture
def room(stack) -> Iterator[Room]:
    with closing(Room(stack.url)) as made:
        yield made


def test_all_who_talk_at_once_on_two_processes_hear_all_once_and_in_one_order(room, here, there):
    peers = [room.open(who, at=at) for who in (ADA, BOB, EVE) for at in (here, there)]
    recorders = [Recorder(peer) for peer in peers]

    with ThreadPoolExecutor(len(peers)) as talking:
        for peer in peers:
            talking.submit(lambda peer=peer: [peer.post(f"{number}") for number in range(100)])

    for recorder in recorders:
        wait_until(lambda recorder=recorder: has_heard(recorder, 600), 60)
        assert seqs(recorder.of()) == list(range(1, 601))
        assert recorder.of() == recorders[0].of()


def test_who_comes_back_to_another_process_has_missed_nothing(room, here, there):
    [first] = room.said("first", at=here)
    room.said("second", at=there)
    room.said("third", at=here)

    assert [one["text"] for one in room.open(BOB, first["id"], at=there).hear_some(2)] == ["second", "third"]


def test_what_is_typed_read_and_changed_is_told_over_processes(room, here, there):
    ada, bob = room.open(ADA, at=here), room.open(BOB, at=there)
    ada.post("helo")
    message = bob.hear_until("message")

    bob.say({"type": "typing", "is_typing": True})
    assert ada.hear_until("typing")["user"] == room.who(BOB)
    bob.say({"type": "read", "message_id": message["id"]})
    assert ada.hear_until("read")["message_id"] == message["id"]
    room.change("PATCH", f"messages/{message['id']}/", text="hello")
    assert bob.hear_until("message_edited")["text"] == "hello"
    room.change("DELETE", f"messages/{message['id']}/")
    assert bob.hear_until("message_deleted")["text"] == ""


def test_one_who_is_put_out_is_closed_at_another_process_too(room, here, there):
    ada, bob = room.open(ADA, at=here), room.open(BOB, at=there)
    bob.until_now()

    room.change("DELETE", f"members/{room.ids[BOB]}/")
    ada.post("after")

    assert bob.closed_with() == 4404


def test_one_is_online_while_a_socket_is_open_at_any_process(room, here, there):
    ada = Recorder(room.open(ADA, at=here))
    first, second = room.open(BOB, at=here), room.open(BOB, at=there)
    assert second.hear_until("presence")["user"] == room.who(ADA)

    first.connection.close()
    second.post("still here")
    wait_until(ada.of)
    assert ada.states(room.who(BOB)) == [True]
    second.connection.close()

    wait_until(lambda: ada.states(room.who(BOB)) == [True, False])


def test_one_who_changes_to_another_process_again_and_again_is_online_in_the_end(room, here, there):
    ada, bob = Recorder(room.open(ADA, at=here)), room.open(BOB, at=here)

    for number in range(60):
        bob.drop()
        bob = room.open(BOB, at=(here, there)[number % 2])
    bob.post("here")
    wait_until(ada.of)

    wait_until(lambda: ada.states(room.who(BOB))[-1], what="Bob to be told to be online")
    bob.drop()
    wait_until(lambda: not ada.states(room.who(BOB))[-1], what="Bob to be told to be away")


@contextmanager
def talking(talkers: list[Talker], each: int) -> Iterator[list[str]]:
    """They say so much, and then go on slowly until the end of the block; gives what they say."""
    said: list[str] = []
    is_over = threading.Event()

    def say_all(talker: Talker, name: int) -> None:
        for number in itertools.count():
            if number >= each and is_over.wait(SLOWLY_S):
                return
            text = f"{name}-{number}"
            said.append(text)
            talker.say(text)
            threading.Event().wait(0.02)  # they talk for a while

    threads = [threading.Thread(target=say_all, args=[one, name]) for name, one in enumerate(talkers)]
    for thread in threads:
        thread.start()
    try:
        yield said
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("trouble", ["kill a process", "deploy", "refuse postgres", "cut redis"])
def test_whoever_comes_back_and_says_again_what_was_not_heard_ends_up_with_all_of_it_once(
    stack, room, here, there, trouble
):
    [first] = room.said("first")
    talkers = [Talker(room, who, first, *urls) for who in (ADA, BOB, EVE) for urls in ([here], [there, here])]

    with talking(talkers, each=60) as said:
        wait_until(lambda: len(talkers[0].heard) > 50, 30)
        if trouble == "kill a process":
            stack.worker_of("web").kill()
            wait_until(lambda: len(talkers[0].heard) > 150, 60)
            stack.worker_of("other web").kill()
        elif trouble == "deploy":
            stack.stop("other web")
            stack.start("other web")
            stack.stop("web")
            stack.start("web")
        elif trouble == "refuse postgres":
            with stack.refused_by_postgres():
                assert room.open(ADA, at=here).closed_with() == 1013
        else:
            so_far = len(talkers[0].heard)
            with stack.paused_redis():
                wait_until(lambda: len(talkers[0].heard) > so_far, 30)
            stack.flush_redis()

    expected = {*said, "first"}
    for talker in talkers:
        wait_until(lambda talker=talker: len(talker.heard) >= len(expected), 60, what="all to be heard")
        assert seqs(talker.heard) == list(range(1, len(expected) + 1))
        assert sorted(talker.texts) == sorted(expected)
        talker.leave()
    wait_until(lambda: is_up(here) and is_up(there), 60)
    assert sorted(one["text"] for one in room.stored()) == sorted(expected)
