"""Somebody's socket in a conversation: what they are told, and what becomes of what they say."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from uuid import UUID
from weakref import WeakValueDictionary

from flask import current_app
from pydantic import ValidationError

from pingpong.accounts.audience import audience_of
from pingpong.accounts.identity import Identity
from pingpong.accounts.looks import require_session
from pingpong.chat import presence
from pingpong.chat.models import Message as Stored
from pingpong.chat.models import member_names
from pingpong.chat.news import CHAT, membership_topic, of_message, tell_typing, typing_topic
from pingpong.chat.posting import post
from pingpong.chat.reading import (
    changed_after,
    changed_since,
    find_message,
    mark_read,
    missed,
    participants_of,
    read_marks,
)
from pingpong.chat.schemas import FROM_CLIENT, MessageShown, Read, Said, Typing, Who
from pingpong.chat.standing import Standing, standing
from pingpong.errors import InvalidInput, NotFound
from pingpong.extensions import release, settings
from pingpong.live.party import Message
from pingpong.live.topics import GAPS
from pingpong.live.update import GAP, Reset, Update

FROM_THE_BEGINNING = "0"
"""In place of a message, for a client that knows none yet."""


class Seat:
    """One socket of one member.

    Messages are told in the order of their numbers, each once, whatever order their news comes in: one that
    is early shows that others are missing, and those are read from the store.
    """

    last_event_id: str | None = None
    uncounted = frozenset({"typing", "read", "ping"})

    def __init__(self, identity: Identity, conversation_id: UUID, since: str | None) -> None:
        self.person_id = identity.user.id
        audience = audience_of(identity)
        self.audience = replace(
            audience,
            topics=audience.topics | {typing_topic(self.person_id)},
            control=audience.control | {membership_topic(conversation_id, self.person_id), GAPS},
        )
        self._me = Who(id=identity.user.id, username=identity.user.username)
        self._session_id = identity.session_id
        self._conversation_id = conversation_id
        self._since = since
        self._seq = 0
        self._revision = 0
        self._complete_at = datetime.max.replace(tzinfo=UTC)
        """Changes until then are known; of later ones the news may have been lost."""
        self._has_met_a_gap = False
        self._room = Room.of(conversation_id)
        self._typing = Throttle(settings.chat_typing_every_s)
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]

    def greet(self) -> Iterable[Message | str]:
        """What was missed since a message that the client knows; to others, who is online."""
        stands = standing(self._conversation_id, self.person_id)
        names = member_names(self._conversation_id)
        release()
        self._room.note(names)
        self._revision, self._complete_at = stands.revision, stands.active_at
        if self._since is None:
            self._seq = stands.last_seq
            return self._who_is_online(names)
        known = None if self._since == FROM_THE_BEGINNING else self._known_message(self._since)
        self._seq = known.seq if known else 0
        return self._replay(known, stands)

    def translate(self, update: Update) -> Iterable[Message | str]:
        """News of this conversation, and of its members."""
        if update is GAP:
            with self._app.app_context():
                yield from self._make_up()
        elif update.event == CHAT and self._concerns_us(update):
            yield from self._pass_on(update)

    def resume(self, reset: Reset) -> Iterable[Message | str]:
        """Nothing: the gap in the news that made this necessary is told as well."""
        return ()

    def receive(self, message: Message) -> Iterable[Message | str]:
        """Post, tell who types, note what was read. A message that was told before is told again."""
        said = _parse(message)
        if isinstance(said, Said):
            first = post(self._conversation_id, self.person_id, said.text, said.client_id)
            is_told = first is not None and first.seq <= self._seq  # else it will be, when it is its turn
            return [self._as_told(MessageShown.of(first))] if first and is_told else ()
        if isinstance(said, Read):
            mark_read(self._conversation_id, self._me, said.message_id)
        elif self._typing.may(said.is_typing):
            others = self._room.members - {str(self.person_id)}
            tell_typing(self._conversation_id, self._me, said.is_typing, map(UUID, others))
        return ()

    def look(self) -> Iterable[Message | str]:
        """Whether the session counts and the member still is one, and what no news has told."""
        stands = self._current()
        if self._has_met_a_gap:
            self._has_met_a_gap = False
            return chain(self._changes(stands), self._people(stands))
        is_as_known = (stands.last_seq, stands.revision) == (self._seq, self._revision)
        return () if is_as_known else self._changes(stands)

    def _current(self) -> Standing:
        """The conversation as it stands. Raises when they may listen no longer."""
        require_session(self._session_id)
        return standing(self._conversation_id, self.person_id)

    def _make_up(self) -> Iterator[Message | str]:
        """What lost news may have told of messages. The next look tells of people: all meet a gap at once."""
        self._has_met_a_gap = True
        yield from self._changes(self._current())

    def _changes(self, stands: Standing) -> Iterator[Message | str]:
        if stands.last_seq > self._seq:
            yield from self._catch_up()
        if stands.revision != self._revision:
            yield from map(self._as_changed, changed_after(self._conversation_id, self._complete_at))
        self._revision, self._complete_at = stands.revision, stands.active_at

    def _concerns_us(self, update: Update) -> bool:
        news = update.fields
        if news["type"] == "presence":
            return news["user"]["id"] in self._room.members
        return bool(news["conversation_id"] == str(self._conversation_id))

    def _pass_on(self, update: Update) -> Iterator[Message | str]:
        news = update.fields
        if news["type"] == "message":
            yield from self._in_order(news["seq"], update.data)
        elif news["type"] != "left":
            self._note(news)
            yield update.data

    def _note(self, news: Message) -> None:
        if news["type"] == "members":
            self._room.members = frozenset(one["id"] for one in news["participants"])
        elif news.get("revision") == self._revision + 1:  # none was lost before it
            self._revision += 1

    def _in_order(self, seq: int, message: str) -> Iterator[str]:
        if seq == self._seq + 1:
            self._seq = seq
            yield message
        elif seq > self._seq:
            with self._app.app_context():
                yield from self._catch_up()

    def _catch_up(self) -> Iterator[str]:
        for message in missed(self._conversation_id, self._seq, self.person_id):
            self._seq = message.seq
            yield self._as_told(message)

    def _replay(self, known: Stored | None, stands: Standing) -> Iterator[Message | str]:
        """What came after a message: other messages, changes to older ones, and how it is with the people."""
        yield from self._catch_up()
        if known:
            yield from map(self._as_changed, changed_since(known))
        yield from self._people(stands)

    def _people(self, stands: Standing) -> Iterator[Message]:
        """Who takes part, who of the others is online, and who has read how far."""
        people = participants_of(self._conversation_id)
        self._room.note(one.id for one in people)
        shown = [one.model_dump(mode="json") for one in people]
        yield self._told("members", name=stands.name, participants=shown)
        for one in people:
            if one.id != self.person_id:
                yield _presence(one.id, one.username, is_online=one.online)
        for who, message_id in read_marks(self._conversation_id):
            yield self._told("read", user=who.model_dump(mode="json"), message_id=str(message_id))

    def _known_message(self, since: str) -> Stored:
        """Raises InvalidInput when it is no message of this conversation."""
        try:
            return find_message(UUID(since), self._conversation_id)
        except (ValueError, NotFound):
            raise InvalidInput.of(since="must be a message of this conversation") from None

    def _who_is_online(self, names: Mapping[UUID, str]) -> Iterator[Message]:
        for user_id in presence.online(names) - {self.person_id}:
            yield _presence(user_id, names[user_id], is_online=True)

    def _as_told(self, message: MessageShown, kind: str = "message") -> str:
        return of_message(kind, self._conversation_id, message.model_dump_json())

    def _as_changed(self, message: MessageShown) -> str:
        return self._as_told(message, "message_deleted" if message.deleted_at else "message_edited")

    def _told(self, kind: str, **fields: object) -> Message:
        return {"type": kind, "conversation_id": str(self._conversation_id), **fields}


class Room:
    """What this process knows of a conversation: who takes part. One for all sockets that look at it."""

    _rooms: "WeakValueDictionary[UUID, Room]" = WeakValueDictionary()

    def __init__(self) -> None:
        self.members: frozenset[str] = frozenset()

    @classmethod
    def of(cls, conversation_id: UUID) -> "Room":
        """The room of a conversation; gone with the last socket that looks at it."""
        room = cls._rooms.get(conversation_id)
        if room is None:
            room = cls._rooms[conversation_id] = cls()
        return room

    def note(self, user_ids: Iterable[UUID]) -> None:
        """Take in who takes part."""
        self.members = frozenset(map(str, user_ids))


class Throttle:
    """Lets the beginning of something through once in a while, and its end if the beginning was told."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._told_at_s = float("-inf")
        self._is_on = False

    def may(self, is_on: bool) -> bool:
        """Whether this is to be told."""
        now_s = time.monotonic()
        is_news = now_s - self._told_at_s >= self._every_s if is_on else self._is_on
        if is_news:
            self._is_on = is_on
            self._told_at_s = now_s if is_on else self._told_at_s
        return is_news


def _presence(user_id: UUID, username: str, *, is_online: bool) -> Message:
    return {"type": "presence", "user": {"id": str(user_id), "username": username}, "online": is_online}


def _parse(message: Message) -> Said | Typing | Read:
    kind = FROM_CLIENT.get(message["type"])
    if kind is None:
        raise InvalidInput.of(type=f"{message['type'][:50]!r} means nothing here")
    try:
        return kind.model_validate(message)
    except ValidationError as error:
        raise InvalidInput.from_pydantic(error) from None
