"""Leaving a group, being put out of it, coming back; and what is told of who takes part."""

import functools
import uuid

import pytest

from pingpong.chat import membership
from pingpong.chat.models import Conversation, Message, member_ids
from pingpong.chat.news import membership_topic
from pingpong.chat.posting import post
from pingpong.errors import Forbidden, InvalidInput, NotFound
from pingpong.extensions import db
from tests.chat.talk import Ear, at_once, said, say, some_group, some_people, types


@pytest.fixture
def people(app):
    return some_people(4)


@pytest.fixture
def ada(people):
    return people[0]


@pytest.fixture
def eve(people):
    return people[1]


@pytest.fixture
def kim(people):
    return people[2]


def owner_of(group) -> uuid.UUID | None:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Conversation, group).owner_id


def test_anybody_may_leave(ada, eve, kim):
    group = some_group(ada, eve, kim)

    membership.remove(group, eve, eve.id)

    assert set(member_ids(group)) == {ada.id, kim.id}
    assert owner_of(group) == ada.id


def test_the_group_of_an_owner_who_leaves_is_its_longest_standing_members(ada, eve, kim, people):
    group = some_group(ada, people[3])
    membership.add(group, ada, [kim.id])
    membership.add(group, ada, [eve.id])

    owners = []
    for leaving in (ada, people[3], kim):
        membership.remove(group, leaving, leaving.id)
        owners.append(owner_of(group))

    assert owners == [people[3].id, kim.id, eve.id]
    membership.rename(group, eve, "Mine")


def test_who_comes_back_is_the_newest_member(ada, eve, kim):
    group = some_group(ada, eve)
    membership.add(group, ada, [kim.id])
    membership.remove(group, eve, eve.id)
    membership.add(group, ada, [eve.id])

    membership.remove(group, ada, ada.id)

    assert owner_of(group) == kim.id


def test_a_group_that_all_have_left_is_gone_with_all_that_was_said(ada, eve):
    group = some_group(ada, eve)
    say(group, ada)
    membership.remove(group, ada, ada.id)

    membership.remove(group, eve, eve.id)

    assert db.session.get(Conversation, group) is None
    assert db.session.query(Message).filter_by(conversation_id=group).count() == 0
    with pytest.raises(NotFound):
        post(group, eve.id, "anybody?")


def test_all_may_leave_at_once(app, ada, eve, kim):
    group = some_group(ada, eve, kim)

    answers = at_once(
        *[functools.partial(membership.remove, group, one, one.id) for one in (ada, eve, kim)], app=app
    )

    assert answers == [None] * 3
    assert db.session.get(Conversation, group) is None


def test_who_is_let_in_reads_all_and_has_nothing_unread(ada, eve, kim):
    group = some_group(ada, eve)
    say(group, ada, "before")

    membership.add(group, ada, [kim.id])

    assert said(group, kim) == [(1, "before")]
    assert Conversation.find(group, kim.id)[1].read_seq == 1


def test_who_is_put_out_reads_nothing_any_more(ada, eve):
    group = some_group(ada, eve)

    membership.remove(group, ada, eve.id)

    with pytest.raises(NotFound):
        said(group, eve)


def test_all_members_are_told_who_takes_part_and_nobody_else(live):
    ada, eve, kim = some_people(3)
    ears = [Ear.of(live, one) for one in (ada, eve, kim)]

    group = some_group(ada, eve)
    membership.rename(group, ada, "Turbines")

    told = [ear.hear_all() for ear in ears]
    assert told[0] == told[1]
    assert [(news["type"], news["name"]) for news in told[0]] == [
        ("members", "Engines"),
        ("members", "Turbines"),
    ]
    assert {one["id"] for one in told[0][0]["participants"]} == {str(ada.id), str(eve.id)}
    assert told[0][0]["conversation_id"] == str(group)
    assert told[2] == []


def test_who_is_put_out_is_told_and_closed_and_hears_nothing_of_it_from_then_on(live):
    ada, eve, kim = some_people(3)
    group = some_group(ada, eve, kim)
    eves, kims = Ear.of(live, eve), Ear.of(live, kim)
    sockets = [Ear(live, membership_topic(group, one.id)) for one in (eve, kim)]

    membership.remove(group, ada, eve.id)
    say(group, ada)

    assert eves.hear_all() == [{"type": "left", "conversation_id": str(group)}]
    assert sockets[0].is_closed()
    assert types(kims.hear_all()) == ["members", "message"]
    assert sockets[1].hear_all() == []


def test_nothing_is_told_of_what_was_not_done(live):
    ada, eve, kim = some_people(3)
    group = some_group(ada, eve)
    ear = Ear.of(live, eve)

    with pytest.raises(Forbidden):
        membership.rename(group, eve, "Mine")
    with pytest.raises(NotFound):
        membership.remove(group, ada, kim.id)
    with pytest.raises(InvalidInput):
        membership.add(group, ada, [uuid.uuid4()])
    membership.begin(ada, [some_people(1)[0].id])

    assert ear.hear_all() == []
