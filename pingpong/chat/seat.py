"""Somebody's socket in a conversation: what they are told, and what becomes of what they say."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from uuid import UUID

from flask import current_app
from pydantic import ValidationError

from pingpong.accounts.audience import audience_of
from pingpong.accounts.identity import Identity
from pingpong.accounts.models import LoginSession
from pingpong.chat import presence
from pingpong.chat.models import Conversation, members_of
from pingpong.chat.models import Message as Stored
from pingpong.chat.news import CHAT, membership_topic, of_message, tell_typing, typing_topic
from pingpong.chat.posting import post
from pingpong.chat.reading import changed_since, find_message, mark_read, missed, read_marks
from pingpong.chat.schemas import FROM_CLIENT, MessageShown, Read, Said, Typing, Who
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
        self._members: dict[str, Who] = {}
        self._typing = Throttle(settings.chat_typing_every_s)
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]

    def greet(self) -> Iterable[Message | str]:
        """What was missed since a message that the client knows, and who is online."""
        conversation, _ = Conversation.find(self._conversation_id, self.person_id)
        self._note_members()
        if self._since is None:
            self._seq = conversation.last_seq
            return self._who_is_online()
        known = None if self._since == FROM_THE_BEGINNING else self._known_message(self._since)
        self._seq = known.seq if known else 0
        return chain(self._replay(known), self._who_is_online())

    def translate(self, update: Update) -> Iterable[Message | str]:
        """News of this conversation, and of its members."""
        if update is GAP:
            with self._app.app_context():
                yield from self._catch_up()
        elif update.event == CHAT and self._concerns_us(update):
            yield from self._pass_on(update)

    def resume(self, reset: Reset) -> Iterable[Message | str]:
        """Whatever was lost of the news, the store has it."""
        return chain(self._catch_up(), self._who_is_online())

    def receive(self, message: Message) -> Iterable[Message | str]:
        """Post, tell who types, note what was read. A message that was posted before is shown again."""
        said = _parse(message)
        if isinstance(said, Said):
            first = post(self._conversation_id, self.person_id, said.text, said.client_id)
            return [self._as_told(MessageShown.of(first))] if first else ()
        if isinstance(said, Read):
            mark_read(self._conversation_id, self._me, said.message_id)
        elif self._typing.may(said.is_typing):
            others = [who.id for who in self._members.values() if who.id != self.person_id]
            tell_typing(self._conversation_id, self._me, said.is_typing, others)
        return ()

    def look(self) -> Iterable[Message | str]:
        """Whether the session counts and the member still is one, and what no news has told."""
        LoginSession.find(self._session_id)
        conversation, _ = Conversation.find(self._conversation_id, self.person_id)
        release()
        return self._catch_up() if conversation.last_seq > self._seq else ()

    def _concerns_us(self, update: Update) -> bool:
        news = update.fields
        if news["type"] == "presence":
            return news["user"]["id"] in self._members
        return bool(news["conversation_id"] == str(self._conversation_id))

    def _pass_on(self, update: Update) -> Iterator[Message | str]:
        news = update.fields
        if news["type"] == "message":
            yield from self._in_order(news["seq"], update.data)
        elif news["type"] != "left":
            if news["type"] == "members":
                self._members = {one["id"]: Who(**one) for one in news["participants"]}
            yield update.data

    def _in_order(self, seq: int, message: str) -> Iterator[str]:
        if seq == self._seq + 1:
            self._seq = seq
            yield message
        elif seq > self._seq:
            with self._app.app_context():
                yield from self._catch_up()

    def _catch_up(self) -> Iterator[str]:
        for message in missed(self._conversation_id, self._seq):
            self._seq = message.seq
            yield self._as_told(message)

    def _replay(self, known: Stored | None) -> Iterator[Message | str]:
        """What came after a message: other messages, changes to older ones, and who has read how far."""
        yield from self._catch_up()
        for changed in changed_since(known) if known else ():
            yield self._as_told(changed, "message_deleted" if changed.deleted_at else "message_edited")
        for who, message_id in read_marks(self._conversation_id):
            yield self._told("read", user=who.model_dump(mode="json"), message_id=str(message_id))

    def _known_message(self, since: str) -> Stored:
        """Raises InvalidInput when it is no message of this conversation."""
        try:
            return find_message(UUID(since), self._conversation_id)
        except (ValueError, NotFound):
            raise InvalidInput.of(since="must be a message of this conversation") from None

    def _note_members(self) -> None:
        members = members_of([self._conversation_id])[self._conversation_id]
        release()
        self._members = {
            str(member.user_id): Who(id=member.user_id, username=member.user.username) for member in members
        }

    def _who_is_online(self) -> Iterator[Message]:
        others = {who.id: who for who in self._members.values() if who.id != self.person_id}
        for user_id in presence.online(others):
            yield {"type": "presence", "user": others[user_id].model_dump(mode="json"), "online": True}

    def _as_told(self, message: MessageShown, kind: str = "message") -> str:
        return of_message(kind, self._conversation_id, message.model_dump_json())

    def _told(self, kind: str, **fields: object) -> Message:
        return {"type": kind, "conversation_id": str(self._conversation_id), **fields}


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


def _parse(message: Message) -> Said | Typing | Read:
    kind = FROM_CLIENT.get(message["type"])
    if kind is None:
        raise InvalidInput.of(type=f"{message['type'][:50]!r} means nothing here")
    try:
        return kind.model_validate(message)
    except ValidationError as error:
        raise InvalidInput.from_pydantic(error) from None
