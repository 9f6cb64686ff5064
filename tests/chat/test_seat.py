"""A seat: whatever order the news comes in, and whatever is lost of it, a member hears each message once."""

import json
import uuid

import pytest

from pingpong.accounts.models import LoginSession
from pingpong.chat import changing, membership, presence
from pingpong.chat.news import CHAT, membership_topic, of_message, typing_topic
from pingpong.chat.reading import mark_read
from pingpong.chat.schemas import MessageShown, Who
from pingpong.errors import InvalidInput, NotFound, Unauthorized
from pingpong.live.topics import GAPS, session_topic, user_topic
from pingpong.live.update import GAP, Reset, Update
from tests.chat.talk import say, seated, sit, some_group, some_pair, some_people, told


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


def seqs(messages) -> list[int]:
    return [one["seq"] for one in told(messages) if one["type"] == "message"]


def news_of(conversation_id, message: MessageShown, kind: str = "message") -> Update:
    return Update("", CHAT, of_message(kind, conversation_id, message.model_dump_json()))


def other_news(conversation_id, kind: str, **fields) -> Update:
    return Update("", CHAT, json.dumps({"type": kind, "conversation_id": str(conversation_id), **fields}))


def test_messages_in_their_order_are_passed_on_as_they_are(ada, eve, pair):
    seat = seated(eve, pair)
    updates = [news_of(pair, say(pair, ada)) for _ in range(3)]

    assert [list(seat.translate(update)) for update in updates] == [[update.data] for update in updates]


def test_one_that_comes_early_brings_those_that_are_missing(ada, eve, pair):
    seat = seated(eve, pair)
    updates = [news_of(pair, say(pair, ada, f"{number}")) for number in range(5)]

    heard = [seqs(seat.translate(updates[index])) for index in (2, 0, 1, 2, 4, 3)]

    assert heard == [[1, 2, 3, 4, 5], [], [], [], [], []]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 1, 0, 3), (0, 0, 3, 3)])
def test_each_is_heard_once_and_in_order_whatever_the_order_of_the_news(ada, eve, pair, order):
    seat = seated(eve, pair)
    updates = [news_of(pair, say(pair, ada)) for _ in range(4)]

    assert [seq for index in order for seq in seqs(seat.translate(updates[index]))] == [1, 2, 3, 4]


def test_after_a_gap_in_the_news_the_store_tells_what_was_lost(ada, eve, pair):
    seat = seated(eve, pair)
    for number in range(3):
        say(pair, ada, f"{number}")

    assert seqs(seat.translate(GAP)) == [1, 2, 3]
    assert seqs(seat.translate(GAP)) == []


def test_after_a_reset_the_store_tells_what_was_lost_and_who_is_online(ada, eve, pair):
    seat = seated(eve, pair)
    say(pair, ada)
    presence.come(ada.id)

    assert told(seat.resume(Reset())) == []
    at_once, later = told(seat.translate(GAP)), told(seat.look())

    assert [one["type"] for one in at_once] == ["message"]
    assert [one["type"] for one in later] == ["members", "presence", "read"]
    assert list(seat.look()) == []


def test_a_look_finds_what_no_news_has_told(ada, eve, pair):
    seat = seated(eve, pair)
    assert list(seat.look()) == []
    say(pair, ada)
    say(pair, ada)

    assert seqs(seat.look()) == [1, 2]
    assert list(seat.look()) == []


def test_a_look_finds_a_change_that_no_news_has_told_and_tells_it_once(ada, eve, pair):
    message = say(pair, ada)
    seat = seated(eve, pair)

    changing.edit(pair, message.id, ada, "better")

    assert [(one["type"], one["text"]) for one in told(seat.look())] == [("message_edited", "better")]
    assert list(seat.look()) == []


def test_a_change_that_the_news_has_told_is_not_found_again(ada, eve, pair):
    message = say(pair, ada)
    seat = seated(eve, pair)
    changing.edit(pair, message.id, ada, "better")
    news = other_news(pair, "message_edited", id=str(message.id), text="better", revision=1)

    assert len(list(seat.translate(news))) == 1
    assert list(seat.look()) == []


def test_who_comes_back_hears_how_it_is_with_the_people(ada, eve, people):
    group = some_group(ada, eve, people[2])
    message = say(group, ada)
    membership.rename(group, ada, "Renamed")
    presence.come(ada.id)

    heard = told(sit(eve, group, since=str(message.id)).greet())

    [members] = [one for one in heard if one["type"] == "members"]
    assert members["name"] == "Renamed"
    assert {one["id"] for one in members["participants"]} == {str(one.id) for one in people}
    online = {one["user"]["id"]: one["online"] for one in heard if one["type"] == "presence"}
    assert online == {str(ada.id): True, str(people[2].id): False}


def test_who_is_no_longer_a_member_or_logged_in_is_found_out_by_a_look(ada, eve, people):
    group = some_group(ada, eve, people[2])
    put_out, logged_out = seated(eve, group), seated(people[2], group)
    membership.remove(group, ada, eve.id)
    LoginSession.end_all_of(people[2].id, "everywhere")

    with pytest.raises(NotFound):
        put_out.look()
    with pytest.raises(Unauthorized):
        logged_out.look()


def test_who_takes_no_part_has_no_seat(people, pair):
    for conversation_id in (pair, uuid.uuid4()):
        with pytest.raises(NotFound):
            sit(people[2], conversation_id).greet()


def test_news_of_other_conversations_is_for_other_seats(ada, eve, pair):
    group = some_group(ada, eve)
    seat = seated(eve, pair)

    for update in (
        news_of(group, say(group, ada)),
        other_news(group, "read"),
        other_news(group, "typing"),
        other_news(pair, "left"),
        Update("", "task", '{"type": "message"}'),
    ):
        assert list(seat.translate(update)) == []


def test_edits_and_deletions_are_passed_on_whatever_their_number(ada, eve, pair):
    message = say(pair, ada)
    seat = seated(eve, pair)
    for kind in ("message_edited", "message_deleted"):
        update = news_of(pair, message, kind)
        assert list(seat.translate(update)) == [update.data]


def test_of_others_only_members_are_told_to_be_online(ada, eve, people):
    group = some_group(ada, eve)
    seat = seated(eve, group)

    def about(person) -> Update:
        user = {"id": str(person.id), "username": person.username}
        return Update("", CHAT, json.dumps({"type": "presence", "user": user, "online": True}))

    def let_in(*members) -> Update:
        participants = [{"id": str(one.id), "username": one.username, "online": False} for one in members]
        return other_news(group, "members", name=None, participants=participants)

    assert list(seat.translate(about(ada))) == [about(ada).data]
    assert list(seat.translate(about(people[2]))) == []
    list(seat.translate(let_in(eve, people[2])))
    assert list(seat.translate(about(people[2]))) == [about(people[2]).data]
    assert list(seat.translate(about(ada))) == []


def test_who_comes_anew_hears_who_is_online_and_nothing_old(ada, eve, pair):
    say(pair, ada)
    presence.come(ada.id)
    presence.come(eve.id)

    [online] = told(sit(eve, pair).greet())

    assert online == {
        "type": "presence",
        "user": {"id": str(ada.id), "username": ada.username},
        "online": True,
    }


def test_who_comes_back_hears_what_was_said_changed_and_read_since(ada, eve, pair):
    old, known = say(pair, ada, "old"), say(pair, ada, "known")
    missed = say(pair, ada, "missed")
    changing.edit(pair, old.id, ada, "edited")
    changing.delete(pair, known.id, ada)
    mark_read(pair, Who(id=eve.id, username=eve.username), old.id)

    heard = told(sit(eve, pair, known.id).greet())

    assert [(one["type"], one.get("id")) for one in heard[:3]] == [
        ("message", str(missed.id)),
        ("message_edited", str(old.id)),
        ("message_deleted", str(known.id)),
    ]
    reads = {one["user"]["id"]: one["message_id"] for one in heard[3:] if one["type"] == "read"}
    assert reads == {str(ada.id): str(missed.id), str(eve.id): str(old.id)}


def test_after_what_was_missed_the_news_goes_on(ada, eve, pair):
    known = say(pair, ada)
    say(pair, ada)
    seat = sit(eve, pair, known.id)

    assert seqs(seat.greet()) == [2]
    assert seqs(seat.translate(news_of(pair, say(pair, ada)))) == [3]


def test_one_goes_on_from_a_message_of_this_conversation_only(ada, eve, pair):
    elsewhere = say(some_group(ada, eve), ada)
    for since in ("nonsense", uuid.uuid4(), elsewhere.id):
        with pytest.raises(InvalidInput, match="since"):
            sit(eve, pair, since).greet()


def test_one_hears_ones_own_topics_and_what_ends_the_seat(eve, pair):
    seat = sit(eve, pair)

    assert seat.audience.topics == {user_topic(eve.id), typing_topic(eve.id)}
    assert {membership_topic(pair, eve.id), GAPS} < seat.audience.control
    assert [topic.partition(":")[0] for topic in seat.audience.control if "session" in topic] == [
        session_topic(uuid.uuid4()).partition(":")[0]
    ]
    assert seat.audience.until is not None
