"""Conversations for tests: people, what they say, what they hear, and other web processes."""

import contextlib
import json
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from pingpong import create_app
from pingpong.accounts.identity import Identity
from pingpong.accounts.models import LoginSession, User
from pingpong.chat import membership
from pingpong.chat.models import Message
from pingpong.chat.news import CHAT
from pingpong.chat.posting import post
from pingpong.chat.reading import messages_of
from pingpong.chat.schemas import MessageShown
from pingpong.chat.seat import Seat
from pingpong.extensions import db
from pingpong.live.publish import publish_passing
from pingpong.live.topics import user_topic
from pingpong.live.update import Update
from pingpong.redis_client import connect
from tests.people import SomeOne, some_address

API = "/api/chat/conversations/"
NOWHERE = "redis://127.0.0.1:1/0"


def some_people(count: int) -> list[User]:
    """People with accounts who have not logged in, which would take a while for each."""
    people = [
        User(
            id=uuid.uuid4(),
            username=f"p{number}-{uuid.uuid4().hex}",
            email=some_address(),
            name="Some One",
            password_hash="",
            is_admin=False,
            is_active=True,
        )
        for number in range(count)
    ]
    db.session.add_all(people)
    db.session.commit()
    return people


def some_pair(one: User | SomeOne, other: User | SomeOne) -> uuid.UUID:
    """The conversation of these two."""
    return membership.begin(as_user(one), [other.id])[0].id


def some_group(owner: User | SomeOne, *others: User | SomeOne, name: str | None = "Engines") -> uuid.UUID:
    """A new group of these people."""
    return membership.begin(as_user(owner), [one.id for one in others], name, is_group=True)[0].id


def as_user(person: User | SomeOne) -> User:
    return person if isinstance(person, User) else db.session.get_one(User, person.id)


def say(conversation_id: uuid.UUID, person: User | SomeOne, words: str = "hello") -> MessageShown:
    """Post a text; returns the message as the store has it."""
    client_id = uuid.uuid4().hex
    assert post(conversation_id, person.id, words, client_id) is None
    return MessageShown.of(db.session.query(Message).filter_by(client_id=client_id).one())


def ask(person: SomeOne, method: str, path: str = "", **body: Any) -> TestResponse:
    """A request to the API of conversations, by cookie; without a body for GET and DELETE."""
    json_body = {} if method in {"GET", "DELETE"} else {"json": body}
    return person.browser.open(API + path, method=method, headers=person.csrf, **json_body)


def said(conversation_id: uuid.UUID, person: User | SomeOne, limit: int = 100) -> list[tuple[int, str]]:
    """Numbers and texts as this person reads them, oldest first."""
    return [
        (one.seq, one.text) for one in reversed(messages_of(conversation_id, person.id, limit=limit).items)
    ]


def sit(person: User, conversation_id: uuid.UUID, since: object = None) -> Seat:
    """This person's socket in a conversation, before the first word."""
    session = LoginSession.begin(person)
    return Seat(Identity(person, session.id, session.expires_at), conversation_id, since and str(since))


def seated(person: User, conversation_id: uuid.UUID) -> Seat:
    """One that has been greeted."""
    seat = sit(person, conversation_id)
    list(seat.greet())
    return seat


def told(messages: Iterable[Any]) -> list[dict[str, Any]]:
    """Messages as a client reads them."""
    return [json.loads(one) if isinstance(one, str) else one for one in messages]


class Ear:
    """What is told on some topics from now on; or only what this process tells itself."""

    def __init__(self, app: Flask, *topics: str, only_here: bool = False) -> None:
        self._app = app
        self._topics = topics
        self._subscriber = app.extensions["hub"].subscribe(frozenset(topics))
        if not only_here:
            self.hear_all()  # what was told before may be on its way

    @classmethod
    def of(cls, app: Flask, person: User | SomeOne, *, only_here: bool = False) -> "Ear":
        return cls(app, user_topic(person.id), only_here=only_here)

    def hear_all(self) -> list[dict[str, Any]]:
        """All that has been told by now: a mark is published, and what comes before it is taken."""
        mark = json.dumps({"type": "mark", "id": uuid.uuid4().hex})
        publish_passing(
            self._app.extensions["redis"], self._app.extensions["bus"], [Update(self._topics[0], CHAT, mark)]
        )
        heard: list[dict[str, Any]] = []
        while (updates := self._subscriber.take(10)) is not None:
            assert updates, "the mark did not come"
            for update in updates:
                if update.data == mark:
                    return heard
                if update.event == CHAT:
                    heard.append(update.fields)
        return heard

    def hear_here(self) -> list[dict[str, Any]]:
        """What this process has told itself."""
        return [update.fields for update in self._subscriber.take(0) or [] if update.event == CHAT]

    def is_closed(self) -> bool:
        """Whether it ends, once all has been told."""
        while updates := self._subscriber.take(10):
            pass
        return updates is None


def types(news: Iterable[dict[str, Any]]) -> list[str]:
    return [one["type"] for one in news]


@contextlib.contextmanager
def without_redis(app: Flask) -> Iterator[None]:
    """The app while Redis is away."""
    nowhere = app.extensions["settings"].model_copy(update={"redis_url": NOWHERE})
    kept, app.extensions["redis"] = app.extensions["redis"], connect(nowhere)
    try:
        yield
    finally:
        app.extensions["redis"] = kept


@contextlib.contextmanager
def statements(about: str) -> Iterator[list[str]]:
    """The SQL that names this table, as it is sent meanwhile."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if about in statement.replace("\n", " ").replace('"', " ").replace(".", " ").split():
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def waiting_for_locks() -> int:
    """How many statements wait for a lock in this database."""
    waiting = "datname = current_database() AND wait_event_type = 'Lock'"
    with db.engine.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {waiting}")) or 0


def another_process(app: Flask) -> Flask:
    """An app with a batcher, a hub and pools of its own, on the same Postgres and Redis."""
    return create_app(app.extensions["settings"])


def at_once(*calls: Callable[[], Any], app: Flask) -> list[Any]:
    """Call all of them at the same moment, each in a thread; returns what they return or raise."""
    answers: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int, call: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait(20)
            try:
                answers[number] = call()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                answers[number] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers
