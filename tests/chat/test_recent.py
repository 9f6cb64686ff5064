"""What Redis keeps of a conversation: enough to open it, and never anything but the truth."""

import pytest

from pingpong.chat import changing
from pingpong.chat.reading import messages_of
from pingpong.chat.recent import KEY, MICROSECONDS
from pingpong.chat.schemas import MessageShown
from tests.chat.talk import as_user, say, some_pair, some_people, statements
from tests.conftest import changed

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


def test_what_is_said_is_kept_by_its_time_for_a_day(redis, ada, pair):
    message = say(pair, ada)

    [(content, score)] = redis.zrange(KEY.format(pair, 0), 0, -1, withscores=True)

    assert MessageShown.model_validate_json(content) == message
    assert score == round(message.sent_at.timestamp() * MICROSECONDS)
    assert DAY_S - 10 < redis.ttl(KEY.format(pair, 0)) <= DAY_S


def test_a_message_makes_all_of_them_stay_a_day_longer(redis, ada, pair):
    say(pair, ada)
    redis.expire(KEY.format(pair, 0), 10)

    say(pair, ada)

    assert redis.ttl(KEY.format(pair, 0)) > DAY_S - 10


def test_no_more_than_the_newest_are_kept(app, redis, ada, pair):
    with changed(app, chat_recent_length=3):
        for _ in range(5):
            say(pair, ada)

        assert kept(redis, pair) == [3, 4, 5]


def test_how_long_and_how_many_are_settings(app, redis, ada, pair):
    with changed(app, chat_recent_length=2, chat_recent_ttl_s=60):
        for _ in range(3):
            say(pair, ada)

    assert len(kept(redis, pair)) == 2
    assert redis.ttl(KEY.format(pair, 0)) <= 60


def test_opening_a_conversation_reads_redis_once_and_asks_the_database_for_no_message(redis, ada, eve, pair):
    for number in range(30):
        say(pair, ada, f"{number}")
    before = redis.info("commandstats")

    with statements("messages") as sent:
        page = messages_of(pair, eve.id)

    after = redis.info("commandstats")
    assert [one.text for one in page.items] == [f"{number}" for number in range(29, 4, -1)]
    assert page.unread_count == 30
    assert sent == []
    assert after["cmdstat_zrevrange"]["calls"] - before.get("cmdstat_zrevrange", {"calls": 0})["calls"] == 1


@pytest.mark.parametrize("count", [0, 3])
def test_a_short_conversation_is_opened_without_the_database_too(ada, pair, count):
    for _ in range(count):
        say(pair, ada)

    with statements("messages") as sent:
        assert len(texts(pair, ada)) == count

    assert sent == []


def test_the_statements_are_noticed_if_there_are_any(redis, ada, pair):
    """What the tests above rely on."""
    say(pair, ada)
    redis.flushdb()

    with statements("messages") as sent:
        texts(pair, ada)

    assert len(sent) == 1


def test_a_longer_page_than_is_kept_comes_from_the_database(app, ada, pair):
    with changed(app, chat_recent_length=2):
        for number in range(4):
            say(pair, ada, f"{number}")

        assert texts(pair, ada) == ["3", "2", "1", "0"]
        assert texts(pair, ada, limit=2) == ["3", "2"]


@pytest.mark.parametrize(("change", "shown"), [("edit", "changed"), ("delete", "")])
def test_what_was_changed_is_dropped_and_built_again(redis, ada, pair, change, shown):
    say(pair, ada, "first")
    message = say(pair, ada, "second")

    if change == "edit":
        changing.edit(pair, message.id, as_user(ada), shown)
    else:
        changing.delete(pair, message.id, as_user(ada))

    assert kept(redis, pair, 0) == []
    assert texts(pair, ada) == [shown, "first"]
    assert kept(redis, pair, 1) == [1, 2]
    with statements("messages") as sent:
        assert texts(pair, ada) == [shown, "first"]
    assert sent == []
