"""Who takes part: beginning a conversation, letting in, putting out, leaving."""

import functools
import uuid

import pytest

from pingpong.chat import membership
from pingpong.chat.models import Conversation, is_member, member_ids
from pingpong.errors import Conflict, Forbidden, InvalidInput, NotFound
from pingpong.extensions import db
from tests.chat.talk import at_once, some_group, some_pair, some_people
from tests.conftest import changed


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


def test_two_people_have_one_conversation_whoever_asks_for_it_and_however_often(ada, eve):
    first, is_new = membership.begin(ada, [eve.id])

    assert is_new
    assert not first.is_group
    for one, other in ((ada, eve), (eve, ada), (ada, eve)):
        again, is_new = membership.begin(one, [other.id])
        assert (again.id, is_new) == (first.id, False)
    assert set(member_ids(first.id)) == {ada.id, eve.id}


def test_two_people_have_one_conversation_though_both_ask_many_times_at_once(app, ada, eve):
    both = [functools.partial(membership.begin, one, [two.id]) for one, two in ((ada, eve), (eve, ada))]

    answers = at_once(*both * 6, app=app)

    assert len({conversation.id for conversation, _ in answers}) == 1
    assert [is_new for _, is_new in answers].count(True) == 1
    assert set(member_ids(answers[0][0].id)) == {ada.id, eve.id}


def test_each_pair_has_its_own(ada, eve, kim):
    assert len({some_pair(ada, eve), some_pair(eve, kim), some_pair(kim, ada)}) == 3


def test_each_group_is_a_new_one_and_its_beginner_owns_it(ada, eve, kim):
    first, second = some_group(ada, eve, kim), some_group(ada, eve, kim)

    assert first != second
    assert owner_of(first) == owner_of(second) == ada.id


@pytest.mark.parametrize(
    ("count", "asked", "is_group"),
    [
        (1, {}, False),
        (1, {"name": ""}, False),
        (1, {"name": "Engines"}, True),
        (1, {"is_group": True}, True),
        (2, {}, True),
        (2, {"name": "Engines", "is_group": True}, True),
    ],
)
def test_more_than_two_or_a_name_make_a_group(people, count, asked, is_group):
    others = [one.id for one in people[1 : count + 1]]

    conversation, _ = membership.begin(people[0], others, **asked)

    assert conversation.is_group is is_group
    assert conversation.name == (asked.get("name") or None)


def test_who_is_named_twice_or_names_oneself_too_is_there_once(ada, eve):
    group, _ = membership.begin(ada, [eve.id, eve.id, ada.id], "Engines")

    assert len(member_ids(group.id)) == 2


@pytest.mark.parametrize("is_group", [True, False])
def test_nobody_talks_to_themselves_only(ada, is_group):
    with pytest.raises(InvalidInput, match="somebody else"):
        membership.begin(ada, [ada.id], is_group=is_group)


def test_who_does_not_exist_or_is_no_longer_active_is_named(ada, eve, kim):
    kim.is_active = False
    db.session.commit()
    nobody = uuid.uuid4()

    for begin in (
        lambda: membership.begin(ada, [eve.id, nobody, kim.id]),
        lambda: membership.add(some_group(ada, eve), ada, [nobody, kim.id]),
    ):
        with pytest.raises(InvalidInput) as raised:
            begin()
        assert str(nobody) in raised.value.message
        assert str(kim.id) in raised.value.message
        assert str(eve.id) not in raised.value.message


def test_a_conversation_has_no_more_people_than_the_setting_says(app, ada, people):
    ids = [one.id for one in people[1:]]
    with changed(app, chat_max_members=3):
        with pytest.raises(InvalidInput, match="2 to 3 people"):
            membership.begin(ada, ids)
        group, _ = membership.begin(ada, ids[:2])
        with pytest.raises(InvalidInput, match="2 to 3 people"):
            membership.add(group.id, ada, ids[2:])

    assert len(member_ids(group.id)) == 3
    assert not is_member(group.id, ids[2])


def test_a_hundred_people_fit(ada):
    others = some_people(99)

    group = some_group(ada, *others)

    assert len(member_ids(group)) == 100
    with pytest.raises(InvalidInput):
        membership.add(group, ada, [some_people(1)[0].id])


def test_no_more_fit_though_several_are_let_in_at_once(app, ada, eve):
    group = some_group(ada, eve)
    new = some_people(8)

    with changed(app, chat_max_members=5):
        at_once(*[functools.partial(membership.add, group, ada, [one.id]) for one in new], app=app)

    assert len(member_ids(group)) == 5


def test_the_owner_renames_lets_in_and_puts_out_and_nobody_else(ada, eve, kim, people):
    group = some_group(ada, eve, kim)
    for forbidden in (
        lambda: membership.rename(group, eve, "Mine"),
        lambda: membership.add(group, eve, [people[3].id]),
        lambda: membership.remove(group, eve, kim.id),
        lambda: membership.remove(group, eve, ada.id),
    ):
        with pytest.raises(Forbidden):
            forbidden()

    membership.rename(group, ada, "Turbines")
    membership.add(group, ada, [people[3].id])
    membership.remove(group, ada, kim.id)

    assert db.session.get_one(Conversation, group).name == "Turbines"
    assert set(member_ids(group)) == {ada.id, eve.id, people[3].id}


def test_an_empty_name_takes_the_name_away(ada, eve):
    assert membership.rename(some_group(ada, eve), ada, "").name is None


def test_who_is_in_it_already_stays_as_they_are(ada, eve, kim):
    group = some_group(ada, eve)

    membership.add(group, ada, [eve.id, kim.id, kim.id])
    membership.add(group, ada, [kim.id])

    assert member_ids(group)[2:] == [kim.id]


def test_a_conversation_of_two_stays_one_of_two(ada, eve, kim):
    pair = some_pair(ada, eve)
    for change in (
        lambda: membership.rename(pair, ada, "Us"),
        lambda: membership.add(pair, ada, [kim.id]),
        lambda: membership.remove(pair, ada, eve.id),
        lambda: membership.remove(pair, ada, ada.id),
    ):
        with pytest.raises(Conflict):
            change()

    assert set(member_ids(pair)) == {ada.id, eve.id}


def test_who_takes_no_part_changes_nothing_and_learns_nothing(ada, eve, kim):
    group = some_group(ada, eve)
    for conversation_id in (group, uuid.uuid4()):
        for change in (
            lambda where=conversation_id: membership.rename(where, kim, "Mine"),
            lambda where=conversation_id: membership.add(where, kim, [kim.id]),
            lambda where=conversation_id: membership.remove(where, kim, ada.id),
            lambda where=conversation_id: membership.remove(where, kim, kim.id),
        ):
            with pytest.raises(NotFound, match="no such conversation"):
                change()


def test_somebody_who_is_not_in_the_group_cannot_be_put_out(ada, eve, kim):
    with pytest.raises(NotFound, match="no such member"):
        membership.remove(some_group(ada, eve), ada, kim.id)
