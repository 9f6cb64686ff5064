"""Editing and deleting one's own messages, for a quarter of an hour."""

import functools
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import update

from pingpong.chat import changing, membership
from pingpong.chat.models import Message
from pingpong.chat.reading import conversation_of
from pingpong.errors import Forbidden, NotFound
from pingpong.extensions import db
from tests.chat.talk import Ear, as_user, at_once, said, say, some_group, some_pair, some_people, types
from tests.conftest import changed


@pytest.fixture
def people(app):
    return some_people(3)


@pytest.fixture
def ada(people):
    return people[0]


@pytest.fixture
def eve(people):
    return people[1]


@pytest.fixture
def pair(ada, eve):
    return some_pair(ada, eve)


def sent_before(message, **ago: int) -> None:
    """Make it look as if it had been sent so long ago."""
    earlier = update(Message).where(Message.id == message.id)
    db.session.execute(earlier.values(sent_at=Message.sent_at - timedelta(**ago)))
    db.session.commit()


def test_an_edited_message_says_something_else_and_when_it_was_edited(ada, eve, pair):
    message = say(pair, ada, "helo")

    edited = changing.edit(pair, message.id, as_user(ada), "hello")

    assert (edited.id, edited.seq, edited.text) == (message.id, 1, "hello")
    assert edited.sent_at == message.sent_at < edited.edited_at
    assert said(pair, eve) == [(1, "hello")]


def test_a_deleted_message_keeps_its_number_and_loses_its_text(ada, eve, pair):
    message = say(pair, ada, "secret")
    say(pair, ada, "next")

    changing.delete(pair, message.id, as_user(ada))

    assert said(pair, eve) == [(1, ""), (2, "next")]
    kept = db.session.get_one(Message, message.id)
    assert (kept.text, kept.deleted_at is not None) == ("", True)
    assert say(pair, ada).seq == 3


def test_one_that_was_edited_is_edited_again_and_deleted(ada, pair):
    message = say(pair, ada)
    for words in ("one", "two"):
        changing.edit(pair, message.id, as_user(ada), words)

    changing.delete(pair, message.id, as_user(ada))

    assert said(pair, ada) == [(1, "")]


def test_one_that_was_deleted_is_no_message_to_edit_or_delete(ada, pair):
    message = say(pair, ada)
    changing.delete(pair, message.id, as_user(ada))

    with pytest.raises(NotFound):
        changing.edit(pair, message.id, as_user(ada), "back")
    with pytest.raises(NotFound):
        changing.delete(pair, message.id, as_user(ada))

    assert said(pair, ada) == [(1, "")]


def test_others_messages_are_theirs_even_for_the_owner_of_the_group(ada, eve):
    group = some_group(ada, eve)
    message = say(group, eve)

    with pytest.raises(Forbidden, match="not yours"):
        changing.edit(group, message.id, as_user(ada), "mine")
    with pytest.raises(Forbidden, match="not yours"):
        changing.delete(group, message.id, as_user(ada))

    assert said(group, ada) == [(1, "hello")]


def test_who_takes_no_part_finds_no_message(people, ada, pair):
    message = say(pair, ada)

    with pytest.raises(NotFound, match="no such conversation"):
        changing.edit(pair, message.id, people[2], "mine")
    with pytest.raises(NotFound, match="no such conversation"):
        changing.delete(pair, message.id, people[2])


def test_who_was_put_out_changes_nothing_any_more(ada, eve):
    group = some_group(ada, eve)
    message = say(group, eve)
    membership.remove(group, ada, eve.id)

    with pytest.raises(NotFound):
        changing.delete(group, message.id, as_user(eve))


def test_a_message_is_found_in_its_own_conversation_only(ada, eve, pair):
    message = say(some_group(ada, eve), ada)

    for message_id in (message.id, uuid.uuid4()):
        with pytest.raises(NotFound, match="no such message"):
            changing.edit(pair, message_id, as_user(ada), "here")


@pytest.mark.parametrize("minutes", [0, 14])
def test_within_a_quarter_of_an_hour_it_can_be_changed(ada, pair, minutes):
    message = say(pair, ada)
    sent_before(message, minutes=minutes)

    changing.edit(pair, message.id, as_user(ada), "in time")
    changing.delete(pair, message.id, as_user(ada))


@pytest.mark.parametrize("ago", [{"minutes": 15}, {"days": 400}])
def test_later_it_stays_as_it_is(ada, pair, ago):
    message = say(pair, ada)
    sent_before(message, **ago)

    with pytest.raises(Forbidden, match="15 minutes"):
        changing.edit(pair, message.id, as_user(ada), "too late")
    with pytest.raises(Forbidden, match="15 minutes"):
        changing.delete(pair, message.id, as_user(ada))

    assert said(pair, ada) == [(1, "hello")]


def test_for_how_long_is_a_setting(app, ada, pair):
    message = say(pair, ada)
    sent_before(message, minutes=2)

    with changed(app, chat_edit_within_s=60), pytest.raises(Forbidden, match="1 minutes"):
        changing.edit(pair, message.id, as_user(ada), "too late")


def test_changes_make_no_conversation_more_recent_and_nothing_unread(ada, eve, pair):
    message = say(pair, ada)
    before = conversation_of(pair, eve.id)

    changing.edit(pair, message.id, as_user(ada), "changed")

    after = conversation_of(pair, eve.id)
    assert (after.unread_count, after.last_message.seq) == (before.unread_count, 1)
    assert after.last_message.text == "changed"


def test_changes_at_the_same_moment_come_one_after_the_other(app, ada, pair):
    message = say(pair, ada)
    edits = [functools.partial(changing.edit, pair, message.id, as_user(ada), f"{n}") for n in range(6)]

    answers = at_once(*edits, functools.partial(changing.delete, pair, message.id, as_user(ada)), app=app)

    assert all(isinstance(one, Message | NotFound | None) for one in answers)
    assert said(pair, ada) == [(1, "")]


def test_members_are_told_what_was_edited_and_deleted_and_nobody_else(live):
    ada, eve, kim = some_people(3)
    pair = some_pair(ada, eve)
    message = say(pair, ada, "secret")
    ears = [Ear.of(live, one) for one in (ada, eve, kim)]

    changing.edit(pair, message.id, ada, "public")
    changing.delete(pair, message.id, ada)

    told = [ear.hear_all() for ear in ears]
    assert types(told[0]) == ["message_edited", "message_deleted"]
    assert told[0] == told[1]
    assert told[2] == []
    edited, deleted = told[0]
    assert (edited["id"], edited["seq"], edited["text"]) == (str(message.id), 1, "public")
    assert edited["edited_at"].endswith("Z")
    assert (deleted["id"], deleted["seq"], deleted["text"]) == (str(message.id), 1, "")
    assert deleted["conversation_id"] == str(pair)


def test_nothing_is_told_of_what_was_refused(live):
    ada, eve = some_people(2)
    pair = some_pair(ada, eve)
    message = say(pair, ada)
    ear = Ear.of(live, eve)

    with pytest.raises(Forbidden):
        changing.edit(pair, message.id, eve, "mine")

    assert ear.hear_all() == []
