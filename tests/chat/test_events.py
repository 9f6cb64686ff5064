"""What chat records: who did what in which conversation, once it is done, and no word of it."""

import json
import threading
import uuid

import pytest
import structlog

from pingpong.chat import changing, membership
from pingpong.chat.models import Conversation
from pingpong.chat.posting import post
from pingpong.chat.reading import mark_read
from pingpong.chat.schemas import Who
from pingpong.errors import Conflict, Forbidden, NotFound
from pingpong.extensions import db
from tests.chat.talk import say, seated, some_group, some_pair, some_people
from tests.people import some_one
from tests.recorded import outbox, recorded, recording


@pytest.fixture
def people(app):
    return some_people(3)


def who(person):
    return Who(id=person.id, username=person.username)


def test_a_conversation_of_two_is_created_once(people):
    ada, bob, _ = people
    with recording() as events:
        pair = some_pair(ada, bob)
        some_pair(bob, ada)

    (created,) = events
    assert created.event_type == "conversation.created"
    assert created.context == {
        "conversation_id": str(pair),
        "is_group": False,
        "member_ids": [str(ada.id), str(bob.id)],
    }
    assert created.actor_id == ada.id


def test_a_group_is_created_by_its_owner(people):
    ada, bob, eve = people
    with recording() as events:
        some_group(ada, bob, eve)

    (created,) = events
    assert created.context["is_group"] is True
    assert created.context["member_ids"] == [str(one.id) for one in people]
    assert created.actor_id == ada.id


def test_what_a_request_does_carries_its_id(app):
    ada, bob = some_one(app), some_one(app)
    with recording() as events:
        ada.browser.post(
            "/api/chat/conversations/",
            json={"participants": [str(bob.id)]},
            headers={**ada.csrf, "X-Request-ID": "a-request"},
        )

    assert [(one.actor_id, one.request_id) for one in events] == [(ada.id, "a-request")]


def test_a_group_is_renamed_only_to_another_name(people):
    ada, bob, _ = people
    group = some_group(ada, bob, name="Engines")
    with recording() as events:
        membership.rename(group, ada, "Engines")
        membership.rename(group, ada, "Looms")
        membership.rename(group, ada, "")

    assert [(one.event_type, one.context["is_named"], one.actor_id) for one in events] == [
        ("conversation.renamed", True, ada.id),
        ("conversation.renamed", False, ada.id),
    ]


def test_only_who_is_new_is_added(people):
    ada, bob, eve = people
    group = some_group(ada, bob)
    with recording() as events:
        membership.add(group, ada, [bob.id, eve.id])
        membership.add(group, ada, [bob.id, eve.id])

    (added,) = events
    assert added.event_type == "members.added"
    assert added.context == {"conversation_id": str(group), "user_ids": [str(eve.id)]}
    assert added.actor_id == ada.id


def test_to_be_put_out_and_to_leave_are_different_events(people):
    ada, bob, eve = people
    group = some_group(ada, bob, eve)
    with recording() as events:
        membership.remove(group, ada, bob.id)
        membership.remove(group, eve, eve.id)

    assert [(one.event_type, one.context["user_id"], one.actor_id) for one in events] == [
        ("member.removed", str(bob.id), ada.id),
        ("member.left", str(eve.id), eve.id),
    ]


def test_a_group_is_passed_on_and_gone_when_all_have_left(people):
    ada, bob, _ = people
    group = some_group(ada, bob)
    with recording() as events:
        membership.remove(group, ada, ada.id)
        membership.remove(group, bob, bob.id)

    assert [one.event_type for one in events] == [
        "member.left",
        "conversation.passed_on",
        "member.left",
        "conversation.deleted",
    ]
    assert events[1].context == {"conversation_id": str(group), "owner_id": str(bob.id)}
    assert db.session.get(Conversation, group) is None


def test_what_is_refused_is_no_event(people):
    ada, bob, eve = people
    pair, group = some_pair(ada, bob), some_group(ada, bob)
    message = say(group, ada)
    with recording() as events:
        with pytest.raises(Forbidden):
            membership.rename(group, bob, "Looms")
        with pytest.raises(NotFound):
            membership.add(group, eve, [eve.id])
        with pytest.raises(Conflict):
            membership.remove(pair, ada, bob.id)
        with pytest.raises(Forbidden):
            changing.edit(group, message.id, bob, "mine now")
        with pytest.raises(NotFound):
            changing.delete(group, uuid.uuid4(), ada)
        with pytest.raises(NotFound):
            post(group, eve.id, "let me in")

    assert events == []


def test_a_message_is_recorded_for_its_sender(people):
    ada, bob, _ = people
    pair = some_pair(ada, bob)
    with recording() as events:
        message = say(pair, bob, "hello")

    (posted,) = events
    assert posted.event_type == "message.posted"
    assert posted.context == {
        "message_id": str(message.id),
        "conversation_id": str(pair),
        "seq": 1,
        "characters": 5,
    }
    assert posted.actor_id == bob.id


def test_a_message_that_comes_again_is_no_event(people):
    ada, bob, _ = people
    pair = some_pair(ada, bob)
    with recording() as events:
        post(pair, ada.id, "hello", "the-same")
        post(pair, ada.id, "hello", "the-same")

    assert [one.event_type for one in events] == ["message.posted"]


def test_messages_stored_together_keep_their_own_senders_and_requests(app, people):
    pair = some_pair(*people[:2])
    start = threading.Barrier(20)

    def speak(number: int) -> None:
        with app.app_context(), structlog.contextvars.bound_contextvars(request_id=f"request-{number}"):
            start.wait()
            post(pair, people[number % 2].id, "x" * (number + 1))

    threads = [threading.Thread(target=speak, args=[number]) for number in range(20)]
    with recording() as events:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted((one.context["characters"], one.request_id, one.actor_id) for one in events) == [
        (number + 1, f"request-{number}", people[number % 2].id) for number in range(20)
    ]


def test_a_message_on_a_socket_carries_the_id_of_its_handshake(people):
    ada, bob, _ = people
    seat = seated(ada, some_pair(ada, bob))
    with recording() as events, structlog.contextvars.bound_contextvars(request_id="a-handshake"):
        list(seat.receive({"type": "message", "text": "hello", "client_id": "one"}))

    assert [(one.actor_id, one.request_id) for one in events] == [(ada.id, "a-handshake")]


def test_messages_are_edited_and_deleted_by_their_sender(people):
    ada, bob, _ = people
    pair = some_pair(ada, bob)
    message = say(pair, ada)
    with recording() as events:
        changing.edit(pair, message.id, ada, "hello again")
        changing.delete(pair, message.id, ada)

    edited, deleted = events
    of_message = {"message_id": str(message.id), "conversation_id": str(pair)}
    assert (edited.event_type, edited.context) == ("message.edited", {**of_message, "characters": 11})
    assert (deleted.event_type, deleted.context) == ("message.deleted", of_message)
    assert edited.actor_id == deleted.actor_id == ada.id


def test_only_reading_further_is_an_event(people):
    ada, bob, _ = people
    pair = some_pair(ada, bob)
    first, second = say(pair, ada), say(pair, ada)
    with recording() as events:
        mark_read(pair, who(bob), second.id)
        mark_read(pair, who(bob), second.id)
        mark_read(pair, who(bob), first.id)
        mark_read(pair, who(ada), second.id)

    (read,) = events
    assert read.event_type == "message.read"
    assert read.context == {"message_id": str(second.id), "conversation_id": str(pair), "seq": 2}
    assert read.actor_id == bob.id


def test_no_word_of_people_is_in_any_event(people):
    ada, bob, eve = people
    group = some_group(ada, bob, name="zz-group")
    message = say(group, ada, "zz-text")
    changing.edit(group, message.id, ada, "zz-other")
    post(group, ada.id, "zz-more", "zz-client")
    membership.rename(group, ada, "zz-renamed")
    membership.add(group, ada, [eve.id])
    mark_read(group, who(eve), message.id)

    contexts = json.dumps([one.context for one in outbox()])
    assert len(recorded("message.posted")) == 2
    assert "zz" not in contexts
    assert ada.username not in contexts
