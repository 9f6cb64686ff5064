"""Leases: they hold while they are renewed, and that they have ended is told once."""

import contextlib
import functools

import pytest

from pingpong.chat import presence
from pingpong.live.attendance import Attendance
from tests.chat.talk import Ear, at_once, some_group, some_pair, some_people
from tests.conftest import changed
from tests.waiting import wait_until


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


@pytest.fixture
def brief(app):
    """Leases that end almost at once."""
    with changed(app, chat_away_after_s=0.05):
        yield


def is_online(person) -> bool:
    return person.id in presence.online([person.id])


def has_lapsed(person) -> bool:
    return not is_online(person)


def test_whose_process_has_died_is_away_when_the_lease_ends(app, ada):
    presence.come(ada.id)
    assert is_online(ada)

    with changed(app, chat_away_after_s=0.05):
        presence.go(ada.id)
        presence.come(ada.id)

    wait_until(functools.partial(has_lapsed, ada))


def test_a_lease_that_is_renewed_holds(app, ada):
    with changed(app, chat_away_after_s=0.05):
        presence.come(ada.id)
    presence.renew([ada.id])
    other = some_people(1)[0]
    with changed(app, chat_away_after_s=0.05):
        presence.come(other.id)

    wait_until(functools.partial(has_lapsed, other))

    assert is_online(ada)
    assert presence.tell_lapsed() == 1


def test_all_who_have_a_socket_here_are_renewed(app, settings, brief, monkeypatch):
    monkeypatch.setattr(presence, "AT_ONCE", 2)
    people = some_people(5)
    attendance = Attendance(settings)
    for person in people:
        attendance.enter(person.id)
    attendance.leave(people[4].id)

    with changed(app, chat_away_after_s=60):
        presence.renew_all(attendance)

    assert presence.online(one.id for one in people) == {one.id for one in people[:4]}


def test_lapsed_leases_are_told_once(live, brief):
    ada, eve = some_people(2)
    some_pair(ada, eve)
    presence.come(ada.id)
    ear = Ear.of(live, eve)
    wait_until(functools.partial(has_lapsed, ada))

    assert (presence.tell_lapsed(), presence.tell_lapsed()) == (1, 0)

    assert [news["online"] for news in ear.hear_all()] == [False]


def test_lapsed_leases_are_told_once_though_several_look_at_once(live, brief):
    ada, *others = some_people(9)
    some_group(ada, *others)
    presence.renew([one.id for one in others])
    wait_until(lambda: not presence.online(one.id for one in others))
    ear = Ear.of(live, ada)

    told = at_once(*[presence.tell_lapsed] * 4, app=live)

    assert sum(told) == 8
    news = ear.hear_all()
    assert len(news) == 8
    assert {one["user"]["id"] for one in news} == {str(one.id) for one in others}


def test_who_is_online_elsewhere_has_not_lapsed(app, ada, process):
    with process("dying"), changed(app, chat_away_after_s=0.05):
        presence.come(ada.id)
    presence.come(ada.id)
    other = some_people(1)[0]
    with process("dying"), changed(app, chat_away_after_s=0.05):
        presence.come(other.id)
    wait_until(functools.partial(has_lapsed, other))

    assert presence.tell_lapsed() == 1

    presence.go(ada.id)
    assert not is_online(ada)


def test_the_longest_lease_counts_whichever_process_holds_it(app, ada, process):
    presence.come(ada.id)
    with process("dying"), changed(app, chat_away_after_s=0.05):
        presence.come(ada.id)
    other = some_people(1)[0]
    with changed(app, chat_away_after_s=0.1):
        presence.come(other.id)

    wait_until(functools.partial(has_lapsed, other))

    assert is_online(ada)


def test_who_comes_back_before_the_lapse_was_told_is_told_to_be_there(live):
    ada, eve = some_people(2)
    some_pair(ada, eve)
    with changed(live, chat_away_after_s=0.05):
        presence.come(ada.id)
    wait_until(functools.partial(has_lapsed, ada))
    ear = Ear.of(live, eve)

    presence.come(ada.id)

    assert presence.tell_lapsed() == 0
    assert [news["online"] for news in ear.hear_all()] == [True]


def test_who_was_told_to_be_away_and_is_renewed_is_told_to_be_there(live, settings, brief):
    ada, eve = some_people(2)
    some_pair(ada, eve)
    attendance = Attendance(settings)
    attendance.enter(ada.id)
    presence.come(ada.id)
    wait_until(functools.partial(has_lapsed, ada))
    ear = Ear.of(live, eve)
    presence.tell_lapsed()

    with changed(live, chat_away_after_s=60):
        presence.renew_all(attendance)
        presence.renew_all(attendance)

    assert [news["online"] for news in ear.hear_all()] == [False, True]


def test_what_redis_has_forgotten_is_renewed(app, redis, settings, ada):
    attendance = Attendance(settings)
    attendance.enter(ada.id)
    presence.come(ada.id)
    redis.flushdb()
    assert not is_online(ada)

    presence.renew_all(attendance)

    assert is_online(ada)


def test_leases_go_by_themselves(app, redis, ada, brief):
    presence.come(ada.id)

    wait_until(lambda: not redis.exists(presence.LEASES.format(ada.id)))
