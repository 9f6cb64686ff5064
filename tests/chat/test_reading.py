"""Reading what was said: pages of messages and of conversations, and what was missed."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import update

from pingpong.chat import changing, membership
from pingpong.chat.models import Conversation, Message
from pingpong.chat.reading import (
    changed_since,
    conversation_of,
    conversations_of,
    messages_of,
    missed,
)
from pingpong.errors import InvalidInput, NotFound
from pingpong.extensions import db
from tests.chat.talk import as_user, said, say, some_group, some_pair, some_people


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


@pytest.mark.parametrize("with_redis", [True, False])
def test_pages_go_back_to_the_first_message_each_once(ada, pair, redis, with_redis):
    for number in range(1, 8):
        say(pair, ada, f"{number}")
    if not with_redis:
        redis.flushdb()

    pages, before = [], None
    while True:
        page = messages_of(pair, ada.id, before=before, limit=3)
        pages.append([one.text for one in page.items])
        before = page.next
        if before is None:
            break

    assert pages == [["7", "6", "5"], ["4", "3", "2"], ["1"]]


def test_a_page_that_ends_with_the_first_message_is_the_last(ada, pair):
    messages = [say(pair, ada) for _ in range(4)]

    assert messages_of(pair, ada.id, limit=4).next is None
    assert messages_of(pair, ada.id, before=messages[2].id, limit=2).next is None
    assert messages_of(pair, ada.id, before=messages[0].id).items == []
    assert messages_of(pair, ada.id, before=messages[0].id).next is None


def test_what_is_said_meanwhile_moves_no_page(ada, pair):
    messages = [say(pair, ada) for _ in range(4)]
    first = messages_of(pair, ada.id, limit=2)
    say(pair, ada)

    second = messages_of(pair, ada.id, before=first.next, limit=2)

    assert second.items == messages[1::-1]


def test_a_conversation_in_which_nothing_was_said_is_empty(ada, pair):
    page = messages_of(pair, ada.id)

    assert (page.items, page.next, page.unread_count) == ([], None, 0)


def test_a_page_does_not_begin_at_a_message_of_another_conversation(ada, eve, pair):
    elsewhere = say(some_group(ada, eve), ada)
    for before in (elsewhere.id, uuid.uuid4()):
        with pytest.raises(InvalidInput, match="before"):
            messages_of(pair, ada.id, before=before)


def test_who_takes_no_part_reads_nothing(people, ada, pair):
    first = say(pair, ada)
    for read in (
        lambda: messages_of(pair, people[2].id),
        lambda: messages_of(pair, people[2].id, before=first.id),
        lambda: conversation_of(pair, people[2].id),
    ):
        with pytest.raises(NotFound):
            read()
    assert conversations_of(people[2].id).items == []


@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_what_was_missed_is_read_in_order_however_much_it_is(ada, pair, monkeypatch, count):
    monkeypatch.setattr("pingpong.chat.reading.BATCH", 3)
    say(pair, ada)
    for _ in range(count):
        say(pair, ada)

    assert [one.seq for one in missed(pair, 1)] == list(range(2, count + 2))


def test_what_changed_after_a_message_is_known_and_what_changed_before_is_not(ada, pair):
    early, late, other = (say(pair, ada, words) for words in ("early", "late", "other"))
    changing.edit(pair, early.id, as_user(ada), "changed before")
    db.session.execute(update(Message).values(edited_at=Message.edited_at - timedelta(minutes=2)))
    db.session.commit()
    last = say(pair, ada, "last")
    changing.edit(pair, late.id, as_user(ada), "changed after")
    changing.delete(pair, other.id, as_user(ada))
    newer = say(pair, ada, "newer")
    changing.edit(pair, newer.id, as_user(ada), "newest")

    changed = changed_since(db.session.get_one(Message, last.id))

    assert [(one.seq, one.text) for one in changed] == [(2, "changed after"), (3, "")]


def test_conversations_are_listed_by_activity_and_paged(app):
    ada, *others = some_people(6)
    pairs = [some_pair(ada, one) for one in others]
    say(pairs[1], others[1])

    def pages(limit: int) -> list[list[uuid.UUID]]:
        found, after = [], None
        while not found or after:
            page = conversations_of(ada.id, after=after, limit=limit)
            found.append([one.id for one in page.items])
            after = page.next
        return found

    expected = [pairs[1], pairs[4], pairs[3], pairs[2], pairs[0]]
    assert pages(2) == [expected[:2], expected[2:4], expected[4:]]
    assert pages(5) == [expected]


def test_conversations_of_the_same_moment_are_each_listed_once(app):
    ada, *others = some_people(5)
    pairs = {some_pair(ada, one) for one in others}
    moment = db.session.query(Conversation).first().active_at - timedelta(days=1)
    db.session.execute(update(Conversation).values(active_at=moment))
    db.session.commit()

    first = conversations_of(ada.id, limit=2)
    second = conversations_of(ada.id, after=first.next, limit=2)

    assert {one.id for one in first.items + second.items} == pairs
    assert second.next is None


@pytest.mark.parametrize("after", ["nonsense", "W10", "WyJpZCIsIDEsICJ4Il0"])
def test_what_is_no_cursor_is_refused(ada, after):
    with pytest.raises(InvalidInput, match="after"):
        conversations_of(ada.id, after=after)


def test_who_has_left_reads_no_more_and_what_they_said_stays(ada, eve):
    group = some_group(ada, eve)
    say(group, eve, "bye")

    membership.remove(group, eve, eve.id)

    assert said(group, ada) == [(1, "bye")]
    assert conversations_of(eve.id).items == []
