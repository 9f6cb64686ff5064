"""Posting: one order for all, each message once, by members only."""

import functools
import threading
import uuid

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pingpong.chat import membership
from pingpong.chat.models import LONGEST_TEXT, Conversation, Message
from pingpong.chat.posting import NewMessage, _post_many, post
from pingpong.chat.reading import messages_of
from pingpong.chat.schemas import Said
from pingpong.errors import NotFound
from pingpong.eventlog.recording import Origin
from pingpong.extensions import db
from tests.chat.talk import (
    another_process,
    as_user,
    at_once,
    said,
    some_group,
    some_pair,
    some_people,
    waiting_for_locks,
)
from tests.waiting import wait_until

WORDS = st.text(
    min_size=1, max_size=300, alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])
)


@pytest.fixture
def ada(app):
    return some_people(1)[0]


@pytest.fixture
def eve(app):
    return some_people(1)[0]


@pytest.fixture
def pair(ada, eve):
    return some_pair(ada, eve)


def new(conversation_id, sender, words="hello", client_id=None) -> NewMessage:
    return NewMessage(conversation_id, sender.id, words, client_id, uuid.uuid4(), Origin.present(sender.id))


def stored(conversation_id) -> list[Message]:
    db.session.rollback()
    return db.session.query(Message).filter_by(conversation_id=conversation_id).order_by(Message.seq).all()


def test_a_message_is_stored_with_its_number_and_both_read_it(ada, eve, pair):
    assert post(pair, ada.id, "hello") is None
    assert post(pair, eve.id, "hi") is None

    assert said(pair, ada) == said(pair, eve) == [(1, "hello"), (2, "hi")]


@given(WORDS.filter(str.strip))
@hypothesis_settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_text_comes_back_as_it_was_sent(ada, pair, redis, words):
    given = Said.model_validate({"type": "message", "text": words})
    post(pair, ada.id, given.text)

    kept = messages_of(pair, ada.id, limit=1).items[0]
    redis.flushdb()
    read = messages_of(pair, ada.id, limit=1).items[0]

    assert kept.text == read.text == words
    assert kept == read


@pytest.mark.parametrize("words", ["x" * LONGEST_TEXT, "👩‍👩‍👧" * 800, "\u202e\ufeff\U0010ffff", " a \r\n\t"])
def test_long_and_odd_texts_are_stored_whole(ada, pair, words):
    post(pair, ada.id, Said.model_validate({"type": "message", "text": words}).text)

    assert said(pair, ada) == [(1, words)]


@pytest.mark.parametrize(
    "words", ["", " ", "\n\t\u2003", "a\0b", "\ud800", "a\udfff", "x" * (LONGEST_TEXT + 1), 1, None, ["a"]]
)
def test_what_cannot_be_said_is_refused(words):
    with pytest.raises(ValidationError):
        Said.model_validate({"type": "message", "text": words})


@pytest.mark.parametrize("client_id", ["", "x" * 101, "a\0", "\ud800", 1])
def test_a_bad_name_for_a_message_is_refused(client_id):
    with pytest.raises(ValidationError):
        Said.model_validate({"type": "message", "text": "hello", "client_id": client_id})


def test_the_numbers_have_no_gaps_however_many_speak_at_once(app, ada, eve, pair):
    calls = [functools.partial(post, pair, who.id, f"{n}") for n in range(25) for who in (ada, eve)]

    assert at_once(*calls, app=app) == [None] * 50

    assert [seq for seq, _ in said(pair, ada)] == list(range(1, 51))
    assert {words for _, words in said(pair, ada)} == {f"{n}" for n in range(25)}
    assert said(pair, ada) == said(pair, eve)


def test_the_numbers_have_no_gaps_when_processes_post_at_once(app, ada, eve, pair):
    """Each through a batcher of its own, and in two conversations, which they lock in one order."""
    third = some_people(1)[0]
    other = some_group(ada, eve, third)
    apps = [app, another_process(app), another_process(app)]

    def talk(one, conversation_id, who, n):
        with one.app_context():
            post(conversation_id, who.id, f"{n}", f"{apps.index(one)}-{n}")

    calls = [
        functools.partial(talk, one, where, who, n)
        for n in range(8)
        for one in apps
        for where, who in ((pair, ada), (other, eve))
    ]
    assert at_once(*calls, app=app) == [None] * 48

    for conversation_id in (pair, other):
        assert [message.seq for message in stored(conversation_id)] == list(range(1, 25))


def test_the_numbers_follow_the_order_in_which_one_person_speaks(ada, pair):
    for n in range(10):
        post(pair, ada.id, f"{n}")

    assert said(pair, ada) == [(n + 1, f"{n}") for n in range(10)]


def test_what_is_said_moves_the_conversation_up(ada, eve, pair):
    before = db.session.get_one(Conversation, pair).active_at

    post(pair, ada.id, "hello")

    db.session.expire_all()
    assert db.session.get_one(Conversation, pair).active_at > before


def test_who_takes_no_part_posts_nothing_and_the_others_of_the_batch_do(app, ada, eve, pair):
    outsider = some_people(1)[0]
    nowhere = uuid.uuid4()

    results = _post_many([new(pair, ada), new(pair, outsider), new(nowhere, ada), new(pair, eve)])

    assert [bool(one) for one in results] == [True, False, False, True]
    assert [(one.seq, one.sender_id) for one in stored(pair)] == [(1, ada.id), (2, eve.id)]


def test_who_takes_no_part_is_told_that_there_is_no_such_conversation(app, ada, pair):
    outsider = some_people(1)[0]

    for conversation_id, client_id in ((pair, None), (pair, "c"), (uuid.uuid4(), None)):
        with pytest.raises(NotFound):
            post(conversation_id, outsider.id, "hello", client_id)

    assert stored(pair) == []


def test_who_is_removed_while_their_message_waits_posts_nothing(app, ada, eve, monkeypatch):
    """The message is on its way when the removal holds the conversation, and waits for it."""
    group = some_group(ada, eve)
    answer = []

    def talk():
        with app.app_context():
            try:
                answer.append(post(group, eve.id, "still here"))
            except NotFound as error:
                answer.append(error)

    posting = threading.Thread(target=talk)
    original = membership._pass_on

    def slow(*arguments):
        posting.start()
        wait_until(waiting_for_locks)
        return original(*arguments)

    monkeypatch.setattr(membership, "_pass_on", slow)
    membership.remove(group, as_user(ada), eve.id)
    posting.join(20)

    assert isinstance(answer[0], NotFound)
    assert stored(group) == []
