"""How often messages may be asked for, what is logged of it, and whether chat is well."""

import re

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from pingpong import create_app
from tests.chat.talk import ask, say, some_pair, some_people, without_redis
from tests.conftest import changed
from tests.people import some_one

HEALTH = "/api/chat/health/"


@pytest.fixture
def ada(app):
    return some_one(app)


@pytest.fixture
def pair(ada):
    return some_pair(ada, some_people(1)[0])


def test_messages_are_asked_for_ten_times_a_minute(app, ada, pair):
    statuses = [ask(ada, "GET", f"{pair}/messages/").status_code for _ in range(12)]

    assert statuses == [200] * 10 + [429] * 2


def test_who_asks_too_often_is_told_when_to_come_back(app, ada, pair):
    with changed(app, chat_messages_rate_limit="2/minute"):
        for left in ("1", "0"):
            answer = ask(ada, "GET", f"{pair}/messages/")
            assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("2", left)
        refused = ask(ada, "GET", f"{pair}/messages/")

    assert refused.status_code == 429
    assert refused.json["error"]["code"] == "too_many_requests"
    assert re.search(r"try again in \d+ s", refused.json["error"]["message"])
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert refused.headers["RateLimit-Limit"] == "2"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert refused.headers["RateLimit-Reset"] == refused.headers["Retry-After"]


def test_all_conversations_of_a_person_count_together_and_each_person_alone(app, ada, pair):
    eve = some_one(app)
    other = some_pair(ada, eve)
    with changed(app, chat_messages_rate_limit="2/minute"):
        asked = [ask(ada, "GET", f"{where}/messages/").status_code for where in (pair, other, pair)]

        assert asked == [200, 200, 429]
        assert ask(eve, "GET", f"{other}/messages/").status_code == 200


def test_the_limit_of_the_api_is_another_one(app, ada, pair):
    with changed(app, chat_messages_rate_limit="1/minute", user_rate_limit="3/minute"):
        message = say(pair, ada)
        messages = [ask(ada, "GET", f"{pair}/messages/").status_code for _ in range(2)]
        others = [
            ask(ada, "GET").status_code,
            ask(ada, "GET", f"{pair}/").status_code,
            ask(ada, "PATCH", f"{pair}/messages/{message.id}/", text="changed").status_code,
            ask(ada, "GET").status_code,
        ]

    assert messages == [200, 429]
    assert others == [200, 200, 200, 429]


def test_while_redis_is_away_nobody_is_counted(app, settings):
    away = create_app(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    with away.app_context():
        ada = some_one(away)
        pair = some_pair(ada, some_people(1)[0])
        say(pair, ada)

        answers = [ask(ada, "GET", f"{pair}/messages/") for _ in range(12)]

    assert {answer.status_code for answer in answers} == {200}
    assert answers[-1].json["items"][0]["text"] == "hello"


def test_chat_that_is_well_says_so(client):
    response = client.get(HEALTH)

    assert (response.status_code, response.json) == (200, {"status": "ok", "live": "ok", "sockets": 0})


def test_the_sockets_of_the_process_are_counted(app, client, ada):
    app.extensions["attendance"].enter(ada.id)
    try:
        assert client.get(HEALTH).json["sockets"] == 1
    finally:
        app.extensions["attendance"].leave(ada.id)


def test_without_redis_chat_works_and_says_that_it_is_degraded(app, client):
    with without_redis(app):
        response = client.get(HEALTH)

    assert (response.status_code, response.json["status"], response.json["live"]) == (200, "degraded", "away")


def test_without_postgres_it_does_not_work(settings):
    app = create_app(settings.model_copy(update={"database_url": "postgresql+psycopg://x@127.0.0.1:1/x"}))

    response = app.test_client().get(HEALTH)

    assert (response.status_code, response.json["error"]["code"]) == (503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_a_request_is_logged_with_who_asked_for_what_and_without_what_was_said(ada, pair):
    message = say(pair, ada, "a private text")
    with capture_logs(processors=[merge_contextvars]) as lines:
        ask(ada, "PATCH", f"{pair}/messages/{message.id}/", text="another private text")

    [line] = [line for line in lines if line["event"] == "request"]
    assert line["method"] == "PATCH"
    assert line["path"] == f"/api/chat/conversations/{pair}/messages/{message.id}/"
    assert line["user_id"] == str(ada.id)
    assert line["address"] == "127.0.0.1"
    assert line["status"] == 200
    assert line["ms"] > 0
    assert "private" not in str(lines)
