"""A message that is sent again under the same `client_id` is there once, whoever sends it and wherever."""

import functools
import threading
import uuid

import pytest
from sqlalchemy import text

from pingpong.chat import changing
from pingpong.chat.models import Message
from pingpong.chat.posting import NewMessage, _post_many, post
from pingpong.eventlog.recording import Origin
from pingpong.extensions import db
from tests.chat.talk import (
    Ear,
    another_process,
    as_user,
    at_once,
    said,
    some_group,
    some_pair,
    some_people,
    types,
    waiting_for_locks,
)
from tests.waiting import wait_until


@pytest.fixture
def people(app):
    return some_people(2)


@pytest.fixture
def ada(people):
    return people[0]


@pytest.fixture
def eve(people):
    return people[1]


@pytest.fixture
def pair(ada, eve):
    return some_pair(ada, eve)


def new(conversation_id, sender, client_id, words="hello") -> NewMessage:
    return NewMessage(conversation_id, sender.id, words, client_id, uuid.uuid4(), Origin.present(sender.id))


def test_the_first_one_counts_and_is_shown_again(ada, pair):
    assert post(pair, ada.id, "first", "c") is None

    again = post(pair, ada.id, "second", "c")

    assert (again.text, again.seq, again.client_id) == ("first", 1, "c")
    assert said(pair, ada) == [(1, "first")]


def test_it_is_not_told_again(live):
    ada, eve = some_people(2)
    pair = some_pair(ada, eve)
    ear = Ear.of(live, eve)

    for _ in range(3):
        post(pair, ada.id, "hello", "c")

    assert types(ear.hear_all()) == ["message"]


def test_it_is_there_once_however_many_send_it_at_the_same_moment(app, ada, pair):
    answers = at_once(*[functools.partial(post, pair, ada.id, "hello", "c")] * 12, app=app)

    assert answers.count(None) == 1
    assert {one.seq for one in answers if one} == {1}
    assert said(pair, ada) == [(1, "hello")]


def test_it_is_there_once_when_it_is_twice_in_one_batch(ada, pair):
    results = _post_many([new(pair, ada, "c"), new(pair, ada, "d"), new(pair, ada, "c")])

    assert [bool(one) for one in results] == [True, True, False]
    assert [seq for seq, _ in said(pair, ada)] == [1, 2]


def test_it_is_there_once_when_processes_store_it_at_once(app, ada, eve, pair):
    apps = [app, another_process(app), another_process(app)]

    def talk(one, n):
        with one.app_context():
            return post(pair, ada.id, "hello", f"{n}")

    answers = at_once(*[functools.partial(talk, one, n) for n in range(6) for one in apps], app=app)

    assert answers.count(None) == 6
    assert {one.client_id for one in answers if one} == {f"{n}" for n in range(6)}
    assert [seq for seq, _ in said(pair, ada)] == list(range(1, 7))


def test_a_batch_sees_what_another_process_has_stored_while_it_waited(app, ada, eve, pair):
    results = []

    def post_all():
        with app.app_context():
            results.extend(_post_many([new(pair, ada, "c1"), new(pair, ada, "c2"), new(pair, eve, "c1")]))

    batch = threading.Thread(target=post_all)
    row = {"id": uuid.uuid4(), "pair": pair, "ada": ada.id}
    insert = "INSERT INTO messages (id, conversation_id, seq, sender_id, text, client_id) "
    with db.engine.begin() as other:
        other.execute(text("UPDATE conversations SET last_seq = 1 WHERE id = :pair"), row)
        batch.start()
        wait_until(waiting_for_locks)
        other.execute(text(f"{insert} VALUES (:id, :pair, 1, :ada, 'hello', 'c1')"), row)
    batch.join(20)

    assert [one and one.seq for one in results] == [None, 2, 3]
    assert [seq for seq, _ in said(pair, ada)] == [1, 2, 3]


def test_other_people_and_other_conversations_may_use_the_same_name(ada, eve, pair):
    group = some_group(ada, eve)

    for conversation_id, who in ((pair, ada), (pair, eve), (group, ada)):
        assert post(conversation_id, who.id, "hello", "c") is None

    assert len(said(pair, ada)) == 2
    assert len(said(group, ada)) == 1


def test_messages_without_a_name_are_all_new(ada, pair):
    results = _post_many([new(pair, ada, None), new(pair, ada, None)])
    post(pair, ada.id, "hello")

    assert all(results)
    assert len(said(pair, ada)) == 3


def test_one_that_was_deleted_stays_deleted(ada, pair):
    post(pair, ada.id, "hello", "c")
    first = db.session.query(Message).one()
    changing.delete(pair, first.id, as_user(ada))

    again = post(pair, ada.id, "hello", "c")

    assert (again.id, again.text) == (first.id, "")
    assert said(pair, ada) == [(1, "")]
