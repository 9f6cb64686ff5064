"""Who is online, whatever becomes of the processes that hold their sockets."""

import contextlib
import uuid

import pytest

from pingpong.chat import presence
from pingpong.live.topics import user_topic
from tests.chat.talk import Ear, some_group, some_pair, some_people, types, without_redis


@pytest.fixture
def ada(app):
    return some_people(1)[0]


@pytest.fixture
def process(monkeypatch):
    """Be another process for a while."""

    @contextlib.contextmanager
    def be(name: str):
        with monkeypatch.context() as patch:
            patch.setattr(presence, "HOLDER", name)
            yield

    return be


def is_online(person) -> bool:
    return person.id in presence.online([person.id])


def test_who_has_a_socket_is_online_until_it_is_closed(ada):
    assert not is_online(ada)

    presence.come(ada.id)
    assert is_online(ada)

    presence.go(ada.id)
    assert not is_online(ada)


def test_who_has_sockets_in_several_processes_is_online_until_the_last_is_closed(ada, process):
    for name in ("one", "two", "three"):
        with process(name):
            presence.come(ada.id)

    for name, still in (("two", True), ("one", True), ("three", False)):
        with process(name):
            presence.go(ada.id)
        assert is_online(ada) is still


def test_a_socket_that_opens_and_closes_changes_nothing_for_the_others(ada, process):
    presence.come(ada.id)
    with process("other"):
        presence.come(ada.id)
        presence.go(ada.id)

    assert is_online(ada)


def test_to_go_twice_is_to_go_once(live):
    ada, eve = some_people(2)
    some_pair(ada, eve)
    presence.come(ada.id)
    ear = Ear.of(live, eve)

    presence.go(ada.id)
    presence.go(ada.id)

    assert types(ear.hear_all()) == ["presence"]


def test_nobody_asks_about_nobody(app):
    assert presence.online([]) == set()


def test_many_thousands_can_be_asked_about(app, ada):
    presence.come(ada.id)

    assert presence.online([*(uuid.uuid4() for _ in range(10_000)), ada.id, ada.id]) == {ada.id}


def test_who_shares_a_conversation_is_told_who_comes_and_goes_and_nobody_else(live):
    ada, eve, kim, joe = some_people(4)
    some_pair(ada, eve)
    some_group(kim, ada, eve)
    some_pair(joe, eve)
    ears = [Ear.of(live, one) for one in (ada, eve, kim, joe)]

    presence.come(ada.id)
    presence.go(ada.id)

    told = [ear.hear_all() for ear in ears]
    user = {"id": str(ada.id), "username": ada.username}
    expected = [{"type": "presence", "user": user, "online": online} for online in (True, False)]
    assert told == [[], expected, expected, []]


def test_only_the_first_and_the_last_socket_of_all_processes_are_news(live, process):
    ada, eve = some_people(2)
    some_pair(ada, eve)
    ear = Ear.of(live, eve)

    for change in (presence.come, presence.go):
        for name in ("one", "two"):
            with process(name):
                change(ada.id)

    assert [news["online"] for news in ear.hear_all()] == [True, False]


def test_who_knows_nobody_is_news_to_nobody(live, ada):
    ear = Ear(live, user_topic(ada.id))

    presence.come(ada.id)

    assert ear.hear_all() == []


def test_while_redis_is_away_nobody_is_online_and_nothing_fails(app, ada):
    presence.come(ada.id)
    with without_redis(app):
        assert presence.online([ada.id]) == set()
        presence.come(ada.id)
        presence.go(ada.id)
        assert presence.tell_lapsed() == 0

    assert is_online(ada)
