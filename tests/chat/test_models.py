"""The tables of chat: what they never let happen, and how they are read."""

import uuid

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from pingpong.chat.models import Conversation, Message, is_member, member_ids, members_of, shared_with
from pingpong.chat.reading import conversation_of, conversations_of, messages_of, missed
from pingpong.errors import NotFound
from pingpong.extensions import db
from tests.chat.talk import said, say, some_group, some_pair, some_people


@pytest.fixture
def people(app):
    return some_people(4)


@pytest.fixture
def pair(people):
    return some_pair(people[0], people[1])


def message(conversation_id, sender, seq, client_id=None) -> Message:
    return Message(
        conversation_id=conversation_id, sender_id=sender.id, seq=seq, text="hello", client_id=client_id
    )


def test_no_number_is_given_twice(people, pair):
    say(pair, people[0])

    db.session.add(message(pair, people[1], 1))

    with pytest.raises(IntegrityError, match="messages_order"):
        db.session.commit()
    db.session.rollback()


def test_no_name_of_a_client_is_stored_twice(people, pair):
    db.session.add(message(pair, people[0], 1, "c"))
    db.session.add(message(pair, people[0], 2, "c"))

    with pytest.raises(IntegrityError, match="messages_client_id"):
        db.session.commit()
    db.session.rollback()


def test_no_pair_has_two_conversations(pair):
    twin = db.session.get_one(Conversation, pair)
    db.session.add(Conversation(is_group=False, pair=twin.pair))

    with pytest.raises(IntegrityError, match="conversations_pair"):
        db.session.commit()
    db.session.rollback()


def test_a_conversation_is_found_by_its_members_only(people, pair):
    conversation, me = Conversation.find(pair, people[0].id)

    assert (conversation.id, me.user_id) == (pair, people[0].id)
    assert is_member(pair, people[0].id)
    assert not is_member(pair, people[2].id)
    for conversation_id, who in ((pair, people[2].id), (uuid.uuid4(), people[0].id)):
        with pytest.raises(NotFound):
            Conversation.find(conversation_id, who)
        with pytest.raises(NotFound):
            Conversation.lock(conversation_id, who)


def test_members_are_known_in_the_order_in_which_they_came(people, pair):
    group = some_group(people[2], people[0], people[1])

    assert member_ids(group)[0] == people[2].id
    found = members_of([pair, group])
    assert [member.user_id for member in found[group]] == member_ids(group)
    assert {member.user_id for member in found[pair]} == {people[0].id, people[1].id}
    assert members_of([]) == {}


def test_who_shares_a_conversation_is_known_the_newest_first(people):
    ada, eve, kim, joe = people
    some_pair(ada, eve)
    some_group(kim, ada, eve)
    some_pair(joe, eve)

    assert set(shared_with(ada.id, 10)) == {eve.id, kim.id}
    assert shared_with(eve.id, 1) == [joe.id]
    assert set(shared_with(eve.id, 10)) == {ada.id, kim.id, joe.id}


def test_an_account_that_is_deleted_takes_its_words_and_its_places_along(people, redis):
    ada, eve, kim, _ = people
    group = some_group(ada, eve, kim)
    say(group, eve, "first")
    say(group, ada, "mine")
    say(group, eve, "last")

    db.session.execute(text("DELETE FROM users WHERE id = :id"), {"id": ada.id})
    db.session.commit()
    db.session.expire_all()

    assert set(member_ids(group)) == {eve.id, kim.id}
    assert db.session.get_one(Conversation, group).owner_id is None
    redis.flushdb()
    for _ in range(2):
        assert said(group, eve) == [(1, "first"), (3, "last")]
    assert [one.seq for one in missed(group, 1)] == [3]
    assert say(group, kim).seq == 4


def test_a_conversation_whose_last_message_is_gone_with_its_sender_is_still_listed(people):
    ada, eve, kim, _ = people
    group = some_group(eve, ada, kim)
    say(group, ada, "mine")

    db.session.execute(text("DELETE FROM users WHERE id = :id"), {"id": ada.id})
    db.session.commit()
    db.session.expire_all()

    assert conversations_of(eve.id).items[0].last_message is None
    assert conversation_of(group, eve.id).last_message is None


@pytest.fixture
def plans(app):
    """The plans of all queries of messages, as they are asked."""
    explained: list[str] = []

    def explain(connection, _cursor, statement, parameters, *_):
        if "FROM messages" in statement:
            cursor = connection.connection.cursor()
            cursor.execute("SET LOCAL enable_seqscan = off")  # a short table is read whole sooner
            cursor.execute("SET LOCAL enable_sort = off")
            explained.append("\n".join(row[0] for row in cursor.execute(f"EXPLAIN {statement}", parameters)))

    event.listen(db.engine, "before_cursor_execute", explain)
    yield explained
    event.remove(db.engine, "before_cursor_execute", explain)


def test_an_index_serves_every_page_of_a_long_conversation(people, pair, plans):
    db.session.execute(
        text(
            "INSERT INTO messages (id, conversation_id, seq, sender_id, text) "
            "SELECT gen_random_uuid(), :pair, n, :ada, 'hello' FROM generate_series(1, 5000) AS n"
        ),
        {"pair": pair, "ada": people[0].id},
    )
    db.session.execute(text("UPDATE conversations SET last_seq = 5000"))
    db.session.commit()
    db.session.execute(text("ANALYZE messages"))
    db.session.commit()

    page = messages_of(pair, people[0].id)
    messages_of(pair, people[0].id, before=page.next)
    assert len(list(missed(pair, 4990))) == 10

    pages = [plan for plan in plans if "messages_order" in plan]
    assert len(pages) == len(plans) - 1, "one looks up the message from which the page goes back, by its id"
