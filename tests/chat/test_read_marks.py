"""What is unread, and who has read how far."""

import pytest

from pingpong.chat.models import Conversation, Member
from pingpong.chat.reading import (
    conversation_of,
    conversations_of,
    mark_read,
    messages_of,
    read_marks,
)
from pingpong.chat.schemas import Who
from pingpong.errors import NotFound
from pingpong.extensions import db
from tests.chat.talk import Ear, say, some_group, some_pair, some_people, types


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


def who(person) -> Who:
    return Who(id=person.id, username=person.username)


def read_seq(conversation_id, person) -> int:
    return Conversation.find(conversation_id, person.id)[1].read_seq


def test_what_others_said_is_unread_until_one_reads_it(ada, eve, pair):
    messages = [say(pair, ada) for _ in range(3)]
    assert messages_of(pair, eve.id).unread_count == 3

    mark_read(pair, who(eve), messages[1].id)

    assert messages_of(pair, eve.id).unread_count == 1
    assert conversation_of(pair, eve.id).unread_count == 1
    assert conversations_of(eve.id).items[0].unread_count == 1
    assert messages_of(pair, ada.id).unread_count == 0


def test_to_post_is_to_have_read(ada, eve, pair):
    say(pair, ada)
    say(pair, eve)

    assert read_seq(pair, eve) == 2
    assert messages_of(pair, ada.id).unread_count == 1


def test_what_was_read_stays_read(ada, eve, pair):
    messages = [say(pair, ada) for _ in range(3)]
    mark_read(pair, who(eve), messages[2].id)

    mark_read(pair, who(eve), messages[0].id)

    assert read_seq(pair, eve) == 3


def test_a_message_of_another_conversation_cannot_be_read_here(ada, eve, pair):
    elsewhere = say(some_group(ada, eve), ada)
    say(pair, ada)

    with pytest.raises(NotFound):
        mark_read(pair, who(eve), elsewhere.id)

    assert read_seq(pair, eve) == 0


def test_who_takes_no_part_marks_nothing(live):
    ada, eve, kim = some_people(3)
    pair = some_pair(ada, eve)
    first = say(pair, ada)
    ear = Ear.of(live, ada)

    mark_read(pair, who(kim), first.id)

    assert ear.hear_all() == []
    assert db.session.get(Member, (pair, kim.id)) is None


def test_members_are_told_once_who_has_read_how_far(live):
    ada, eve, kim = some_people(3)
    pair = some_pair(ada, eve)
    some_pair(ada, kim)
    messages = [say(pair, ada) for _ in range(2)]
    ears = [Ear.of(live, one) for one in (ada, eve, kim)]

    for message in (messages[0], messages[1], messages[1], messages[0]):
        mark_read(pair, who(eve), message.id)

    told = [ear.hear_all() for ear in ears]
    assert types(told[0]) == ["read", "read"]
    assert told[0][1] == {
        "type": "read",
        "conversation_id": str(pair),
        "user": {"id": str(eve.id), "username": eve.username},
        "message_id": str(messages[1].id),
    }
    assert told[1] == told[0]
    assert told[2] == []


def test_it_is_known_who_has_read_up_to_which_message(ada, eve, pair):
    messages = [say(pair, ada) for _ in range(2)]
    mark_read(pair, who(eve), messages[0].id)

    assert {one.id: read for one, read in read_marks(pair)} == {
        ada.id: messages[1].id,
        eve.id: messages[0].id,
    }
    shown = {one.id: one.read_seq for one in conversation_of(pair, ada.id).participants}
    assert shown == {ada.id: 2, eve.id: 1}
