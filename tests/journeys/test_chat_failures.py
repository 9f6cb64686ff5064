"""Conversations while a part fails: in the end all have heard all, once and in order."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from redis import Redis

from tests.folders import reachable_folder
from tests.journeys.talkers import AWAY_AFTER_S, TwoWebs, has_heard, is_up
from tests.redis_server import RedisServer
from tests.servers import start_servers
from tests.socket_peer import Closed, Recorder, Room, seqs
from tests.waiting import wait_until

ADA, BOB, EVE = range(3)


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


def test_people_whose_process_was_killed_are_away_after_a_while_and_that_is_told(stack, room, here, there):
    ada = Recorder(room.open(ADA, at=here))
    room.open(BOB, at=there).until_now()
    wait_until(lambda: ada.states(room.who(BOB)) == [True])

    stack.worker_of("other web").kill()

    wait_until(lambda: ada.states(room.who(BOB)) == [True, False], AWAY_AFTER_S + 20)
    wait_until(lambda: is_up(there), 60)


def test_subscriptions_that_are_cut_while_many_talk_lose_nothing(stack, room, here, there):
    peers = [room.open(who, at=at) for who in (ADA, BOB) for at in (here, there)]
    recorders = [Recorder(peer) for peer in peers]
    done = threading.Event()

    def cut_subscriptions() -> None:
        with Redis.from_url(stack.redis_url) as redis:
            while not done.wait(0.02):
                redis.client_kill_filter(_type="pubsub")

    with ThreadPoolExecutor(5) as working:
        working.submit(cut_subscriptions)
        talks = [
            working.submit(lambda peer=peer: [peer.post(f"{number}") for number in range(100)])
            for peer in peers
        ]
        for talk in talks:
            talk.result()
        wait_until(lambda: len(room.stored()) == 400, 60)
        done.set()

    for recorder in recorders:
        wait_until(lambda recorder=recorder: has_heard(recorder, 400), 30)
        assert seqs(recorder.of()) == list(range(1, 401))


@contextmanager
def deafened(stack: TwoWebs, name: str) -> Iterator[None]:
    """Until the end of the block a web process stands still, and its subscription is cut: news is lost."""
    worker = stack.worker_of(name)
    worker.suspend()
    try:
        with Redis.from_url(stack.redis_url) as redis:
            redis.client_kill_filter(_type="pubsub")
            wait_until(lambda: len(redis.client_list(_type="pubsub")), what="the other one to be back")
        yield
    finally:
        worker.resume()


def test_changes_whose_news_was_lost_are_told_when_the_subscription_is_back(stack, room, here, there):
    first, second, third = room.said("frst", "second", "third")
    peer = room.open(BOB, since=third["id"], at=there)
    peer.until_now()
    bob = Recorder(peer)

    with deafened(stack, "other web"):
        room.change("PATCH", f"messages/{first['id']}/", text="first")
        room.change("DELETE", f"messages/{second['id']}/")
        room.said("fourth", at=here)

    wait_until(lambda: has_heard(bob, 1))
    wait_until(lambda: [one["text"] for one in bob.of("message_edited")] == ["first"])
    wait_until(lambda: [one["seq"] for one in bob.of("message_deleted")] == [second["seq"]])


def test_one_who_is_put_out_hears_nothing_more_even_if_the_news_of_it_was_lost(stack, room, here, there):
    bob = Recorder(room.open(BOB, at=there))
    room.said("before", at=here)
    wait_until(bob.of)

    with deafened(stack, "other web"):
        room.change("DELETE", f"members/{room.ids[BOB]}/")
        room.said("after", at=here)

    wait_until(lambda: bob.code == 4404)
    assert [one["text"] for one in bob.of()] == ["before"]


def test_redis_that_forgets_everything_while_many_talk_loses_nothing(stack, room, here, there):
    peers = [room.open(who, at=at) for who in (ADA, BOB) for at in (here, there)]
    recorders = [Recorder(peer) for peer in peers]

    with ThreadPoolExecutor(len(peers)) as talking:
        for peer in peers:
            talking.submit(lambda peer=peer: [peer.post(f"{number}") for number in range(100)])
        for heard in (50, 150, 250):
            wait_until(lambda heard=heard: has_heard(recorders[0], heard), 30)
            stack.flush_redis()

    for recorder in recorders:
        wait_until(lambda recorder=recorder: has_heard(recorder, 400), 30)
        assert seqs(recorder.of()) == list(range(1, 401))
    assert seqs(room.stored()) == list(range(1, 401))


def test_while_redis_hangs_the_same_process_hears_at_once_and_others_at_their_next_look(
    stack, room, here, there
):
    ada, bob, eve = room.open(ADA, at=here), room.open(BOB, at=here), room.open(EVE, at=there)
    eve.until_now()

    with stack.paused_redis():
        ada.post("redis hangs")
        assert bob.hear_until("message")["text"] == "redis hangs"
        assert ada.hear_until("message")["seq"] == 1
        assert eve.hear_until("message")["text"] == "redis hangs"
        eve.post("so it does")
        assert eve.hear_until("message")["seq"] == 2
        assert bob.hear_until("message")["text"] == "so it does"

    ada.post("redis is back")
    assert [peer.hear_until("message")["text"] for peer in (bob, eve)] == ["redis is back"] * 2


def test_while_redis_is_gone_the_same_process_hears_at_once_and_others_when_it_is_back(tmp_path):
    """Nobody looks by themselves here: what is heard is told, or read because a number is missing."""
    servers = start_servers(tmp_path, embedded=True)
    with reachable_folder() as folder:
        own = RedisServer(folder)
        own.start()
        servers.redis_url = own.url
        with (
            TwoWebs(tmp_path, servers=servers, SOCKET_CHECK_EVERY_S="600") as stack,
            closing(Room(stack.url)) as room,
        ):
            wait_until(lambda: is_up(stack.other_url), 60)
            ada, bob, eve = room.open(ADA), room.open(BOB), room.open(EVE, at=stack.other_url)
            heard = [Recorder(peer) for peer in (ada, bob, eve)]
            eve.post("before")
            wait_until(lambda: all(recorder.of() for recorder in heard))

            own.kill()
            for number in range(19):
                ada.post(f"without redis {number}")
            wait_until(lambda: has_heard(heard[ADA], 20) and has_heard(heard[BOB], 20), 30)
            assert not has_heard(heard[EVE], 2)
            eve.post("there, too")
            wait_until(lambda: has_heard(heard[EVE], 21), 30)
            assert not has_heard(heard[BOB], 21)
            own.start()

            wait_until(lambda: all(has_heard(recorder, 21) for recorder in heard), 30)
            eve.post("after")
            wait_until(lambda: all(has_heard(recorder, 22) for recorder in heard), 30)
            assert [seqs(recorder.of()) for recorder in heard] == [list(range(1, 23))] * 3
        own.kill()
    servers.stop()


def test_while_postgres_is_away_it_is_said_and_afterwards_all_works(stack, room, here):
    ada = room.open(ADA, at=here)
    ada.post("before")
    first = ada.hear_until("message")

    with stack.refused_by_postgres():
        ada.post("while it is away", "c-1")
        with pytest.raises(Closed, match="1013"):
            ada.hear_until("message")
        assert room.open(ADA, at=here).closed_with() == 1013

    wait_until(lambda: stack.answers("/readyz"), 60)
    again = room.open(ADA, since=first["id"], at=here)
    again.post("while it is away", "c-1")
    assert again.hear_until("message")["text"] == "while it is away"
    assert [one["text"] for one in room.stored()] == ["before", "while it is away"]
