"""Whom the news of chat reaches, when, and what becomes of it while Redis is away."""

import pytest

from pingpong.chat import changing, membership, news
from pingpong.chat.models import Conversation, Message
from pingpong.chat.posting import post
from pingpong.chat.reading import mark_read
from pingpong.chat.schemas import Who
from pingpong.extensions import db
from pingpong.live.publish import read_newest
from tests.chat.talk import (
    Ear,
    another_process,
    say,
    some_group,
    some_pair,
    some_people,
    types,
    without_redis,
)


def test_a_message_is_told_to_its_members_only_as_the_store_has_it(live):
    ada, eve, kim = some_people(3)
    pair = some_pair(ada, eve)
    some_group(kim, ada, eve)
    ears = [Ear.of(live, one) for one in (ada, eve, kim)]

    message = say(pair, ada, 'say "é" \n 👩‍👩‍👧 \t \u2028')

    told = [ear.hear_all() for ear in ears]
    shown = {"type": "message", "conversation_id": str(pair), **message.model_dump(mode="json")}
    assert told == [[shown], [shown], []]


def test_messages_of_one_batch_are_told_in_their_order(live):
    ada, eve = some_people(2)
    pair = some_pair(ada, eve)
    ear = Ear.of(live, eve)

    for number in range(10):
        post(pair, ada.id, f"{number}")

    assert [(one["seq"], one["text"]) for one in ear.hear_all()] == [(n + 1, f"{n}") for n in range(10)]


def test_another_process_tells_it_here_too(live):
    ada, eve = some_people(2)
    pair = some_pair(ada, eve)
    ear = Ear.of(live, eve)

    with another_process(live).app_context():
        post(pair, ada.id, "hello")

    assert [one["text"] for one in ear.hear_all()] == ["hello"]


def test_news_of_chat_is_of_the_moment_and_not_kept_for_those_who_come_later(live, redis):
    ada, eve = some_people(2)
    say(some_pair(ada, eve), ada)

    assert read_newest(redis, live.extensions["bus"], 10) == []


@pytest.fixture
def stored_when_told(app, monkeypatch):
    """What another connection sees in the tables at each moment at which something is told."""
    seen: list[tuple[int, int, int]] = []

    def look(*_: object) -> None:
        with db.engine.connect() as other:
            seen.append(
                tuple(
                    other.exec_driver_sql(count).scalar() or 0
                    for count in (
                        "SELECT count(*) FROM messages WHERE deleted_at IS NULL",
                        "SELECT count(*) FROM conversation_members",
                        "SELECT max(read_seq) FROM conversation_members",
                    )
                )
            )

    monkeypatch.setattr(news, "publish_passing", look)
    return seen


def test_everything_is_told_after_it_was_stored(stored_when_told):
    ada, eve, kim = some_people(3)
    group = some_group(ada, eve)
    assert stored_when_told.pop() == (0, 2, 0)

    message = say(group, ada)
    assert stored_when_told.pop() == (1, 2, 1)

    membership.add(group, ada, [kim.id])
    assert stored_when_told.pop() == (1, 3, 1)

    membership.remove(group, ada, kim.id)
    assert set(stored_when_told) == {(1, 2, 1)}

    db.session.query(Message).update({"seq": 2})
    db.session.query(Conversation).update({"last_seq": 2})
    db.session.commit()
    mark_read(group, Who(id=eve.id, username=eve.username), message.id)
    assert stored_when_told.pop() == (1, 2, 2)

    changing.delete(group, message.id, ada)
    assert stored_when_told.pop() == (0, 2, 2)


def test_while_redis_is_away_this_process_hears_its_own_news(app):
    ada, eve = some_people(2)
    ear = Ear.of(app, eve, only_here=True)

    with without_redis(app):
        group = some_group(ada, eve)
        message = say(group, ada)
        mark_read(group, Who(id=eve.id, username=eve.username), message.id)
        changing.edit(group, message.id, ada, "changed")
        changing.delete(group, message.id, ada)
        membership.rename(group, ada, "Turbines")
        membership.remove(group, ada, eve.id)
        say(group, ada, "without you")

    expected = ["members", "message", "read", "message_edited", "message_deleted", "members", "left"]
    assert types(ear.hear_here()) == expected


def test_while_redis_is_away_who_is_put_out_is_closed_here(app):
    ada, eve = some_people(2)
    group = some_group(ada, eve)
    socket = Ear(app, news.membership_topic(group, eve.id), only_here=True)

    with without_redis(app):
        membership.remove(group, ada, eve.id)

    assert socket.is_closed()
