"""What Redis keeps of a conversation is believed only if it is the truth."""

import functools

import pytest
from sqlalchemy import text

from pingpong.accounts.models import User
from pingpong.chat import changing
from pingpong.chat.models import Conversation, Message
from pingpong.chat.reading import messages_of
from pingpong.chat.recent import KEY
from pingpong.chat.schemas import MessageShown
from pingpong.extensions import db
from tests.chat.talk import as_user, at_once, said, say, some_pair, some_people, statements, without_redis

DAY_S = 24 * 3600


@pytest.fixture
def ada(app):
    return some_people(1)[0]


@pytest.fixture
def eve(app):
    return some_people(1)[0]


@pytest.fixture
def pair(ada, eve):
    return some_pair(ada, eve)


def kept(redis, conversation_id, revision=0) -> list[int]:
    """The numbers of the messages that Redis keeps, oldest first."""
    found = redis.zrange(KEY.format(conversation_id, revision), 0, -1)
    return [MessageShown.model_validate_json(one).seq for one in found]


def texts(conversation_id, person, limit=25) -> list[str]:
    return [one.text for one in messages_of(conversation_id, person.id, limit=limit).items]


def test_what_redis_has_lost_is_read_from_the_database_and_kept_again(redis, ada, pair):
    for number in range(4):
        say(pair, ada, f"{number}")
    redis.flushdb()

    assert texts(pair, ada) == ["3", "2", "1", "0"]

    assert kept(redis, pair) == [1, 2, 3, 4]
    with statements("messages") as sent:
        assert texts(pair, ada) == ["3", "2", "1", "0"]
    assert sent == []


def test_what_is_said_after_redis_has_lost_the_rest_is_no_whole_conversation(redis, ada, pair):
    say(pair, ada, "lost")
    redis.flushdb()
    say(pair, ada, "kept")

    assert kept(redis, pair) == [2]
    assert texts(pair, ada) == ["kept", "lost"]
    assert texts(pair, ada, limit=1) == ["kept"]


@pytest.mark.parametrize("missing", [0, 2, 4])
def test_a_gap_is_not_believed_wherever_it_is(redis, ada, pair, missing):
    for number in range(5):
        say(pair, ada, f"{number}")
    redis.zremrangebyrank(KEY.format(pair, 0), missing, missing)

    assert texts(pair, ada) == ["4", "3", "2", "1", "0"]
    assert kept(redis, pair) == [1, 2, 3, 4, 5]


def test_what_was_said_before_a_change_is_not_believed_though_it_could_not_be_dropped(app, redis, ada, pair):
    message = say(pair, ada, "before")
    with without_redis(app):
        changing.edit(pair, message.id, as_user(ada), "after")

    assert kept(redis, pair, 0) == [1]
    assert texts(pair, ada) == ["after"]
    assert db.session.get_one(Conversation, pair).revision == 1


def test_news_of_a_revision_that_is_over_comes_too_late_to_be_believed(redis, ada, pair):
    """A message was stored, then changed, and only then kept in Redis as it was first."""
    message = say(pair, ada, "before")
    stale = redis.zrange(KEY.format(pair, 0), 0, -1, withscores=True)
    changing.edit(pair, message.id, as_user(ada), "after")
    redis.zadd(KEY.format(pair, 0), dict(stale))

    assert texts(pair, ada) == ["after"]


def test_messages_of_one_microsecond_are_told_in_their_order(redis, ada, pair):
    for number in range(12):
        say(pair, ada, f"{number}")
    db.session.execute(text("UPDATE messages SET sent_at = (SELECT min(sent_at) FROM messages)"))
    db.session.commit()
    redis.flushdb()

    for limit in (25, 12, 5):
        expected = [f"{number}" for number in range(11, -1, -1)][:limit]
        assert texts(pair, ada, limit) == texts(pair, ada, limit) == expected


def test_people_who_open_and_speak_at_once_always_read_the_truth(app, redis, ada, eve, pair):
    def read():
        numbers = [one.seq for one in messages_of(pair, eve.id, limit=10).items]
        return numbers == list(range(numbers[0], max(0, numbers[0] - 10), -1)) if numbers else True

    speak = functools.partial(say, pair, ada)
    calls = [speak, read, read, redis.flushdb] * 5

    answers = at_once(*calls, app=app)

    assert not [one for one in answers if isinstance(one, Exception) or one is False]
    assert [seq for seq, _ in said(pair, ada)] == [1, 2, 3, 4, 5]


def test_who_changed_their_name_is_shown_under_the_new_one(redis, ada, eve, pair):
    say(pair, ada)

    db.session.get_one(User, ada.id).change_profile(username="countess")

    assert messages_of(pair, eve.id).items[0].sender.username == "countess"


def test_while_redis_is_away_all_is_read_from_the_database(app, ada, pair):
    say(pair, ada, "before")
    with without_redis(app):
        message = say(pair, ada, "meanwhile")
        assert texts(pair, ada) == ["meanwhile", "before"]
        changing.edit(pair, message.id, as_user(ada), "edited")
        changing.delete(pair, db.session.query(Message).filter_by(seq=1).one().id, as_user(ada))
        assert texts(pair, ada) == ["edited", ""]

    assert texts(pair, ada) == ["edited", ""]
