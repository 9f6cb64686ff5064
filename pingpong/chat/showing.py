"""How pages show chat: what conversations and people are called, and what stands above each message.

The modules `naming.js` and `arrange.js` do the same for what comes later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import select

from pingpong.accounts.models import User, find_people
from pingpong.chat.schemas import ConversationShown, MessageShown, Participant
from pingpong.extensions import db, release

NAMED_AT_MOST = 3
HUES = 6
INITIALS = 2
PEOPLE_AT_ONCE = 20
A_PAUSE = timedelta(minutes=5)
"""After it a message stands by itself, though the same person goes on."""
GONE = "Message deleted"


@dataclass(frozen=True)
class Face:
    """The round picture beside a name. `online` is None where nobody in particular is meant."""

    initials: str
    hue: int
    online: bool | None = None

    @classmethod
    def of(cls, name: str, identity: UUID, online: bool | None = None) -> Self:
        """The first letters of a name, on a colour that stays the same."""
        letters = [word[0] for word in name.split() if word[0].isalnum()]
        return cls("".join(letters[:INITIALS]).upper() or "#", identity.int % 16 % HUES, online)


@dataclass(frozen=True)
class Listed:
    """A conversation as one of its members sees it."""

    conversation: ConversationShown
    title: str
    face: Face
    preview: str

    @classmethod
    def of(cls, conversation: ConversationShown, me: UUID) -> Self:
        """As this member sees it."""
        others = [person for person in conversation.participants if person.id != me]
        title = conversation.name or _names(others)
        if conversation.is_group or not others:
            face = Face.of(title, conversation.id)
        else:
            face = Face.of(title, others[0].id, others[0].online)
        return cls(conversation, title, face, _preview(conversation, me))


@dataclass(frozen=True)
class Somebody:
    """A person in a list of people. `username` is empty when it says no more than the name."""

    id: UUID
    name: str
    username: str
    face: Face

    @classmethod
    def of(cls, person: Participant | User) -> Self:
        """A member, or anybody."""
        name = name_of(person)
        face = Face.of(name, person.id, getattr(person, "online", None))
        return cls(person.id, name, person.username if person.username != name else "", face)


@dataclass(frozen=True)
class Line:
    """A message, who says it, and what stands above it: the day, and that what follows is unread."""

    message: MessageShown
    name: str
    begins_day: bool
    is_first_unread: bool
    continues: bool
    """The same person goes on: there is no need to name them again."""


def lines_of(messages: Sequence[MessageShown], conversation: ConversationShown, me: UUID) -> list[Line]:
    """A thread, oldest first; days are those of UTC."""
    names = {person.id: name_of(person) for person in conversation.participants}
    read_seq = next(person.read_seq for person in conversation.participants if person.id == me)
    first_unread = next((one.seq for one in messages if one.seq > read_seq), None)
    lines: list[Line] = []
    for message in messages:
        before = lines[-1].message if lines else None
        begins_day = before is None or before.sent_at.date() != message.sent_at.date()
        is_first = message.seq == first_unread
        goes_on = before is not None and _goes_on(before, message) and not begins_day and not is_first
        name = names.get(message.sender.id, message.sender.username)
        lines.append(Line(message, name, begins_day, is_first, goes_on))
    return lines


def name_of(person: Participant | User) -> str:
    """What somebody is called."""
    return person.name or person.username


def found_people(part: str, but: Iterable[UUID]) -> list[Somebody]:
    """Some people with this in their names, without those who are there already."""
    passed_over = set(but)
    found, _ = find_people(part, after=None, limit=PEOPLE_AT_ONCE + len(passed_over))
    return [Somebody.of(user) for user in found if user.id not in passed_over][:PEOPLE_AT_ONCE]


def chosen_people(user_ids: Sequence[UUID]) -> list[Somebody]:
    """These people, as far as there are any."""
    found = db.session.scalars(select(User).where(User.id.in_(user_ids), User.is_active)).all()
    release()
    return [Somebody.of(user) for user in found]


def _names(others: Sequence[Participant]) -> str:
    names = [name_of(person) for person in others]
    if len(names) > NAMED_AT_MOST:
        return f"{', '.join(names[: NAMED_AT_MOST - 1])} and {len(names) - NAMED_AT_MOST + 1} more"
    return ", ".join(names) or "Nobody else"


def _preview(conversation: ConversationShown, me: UUID) -> str:
    message = conversation.last_message
    if message is None:
        return "Nothing said yet"
    if message.deleted_at:
        return GONE
    names = {person.id: name_of(person) for person in conversation.participants}
    if message.sender.id == me:
        return f"You: {message.text}"
    if conversation.is_group:
        return f"{names.get(message.sender.id, message.sender.username)}: {message.text}"
    return message.text


def _goes_on(before: MessageShown, message: MessageShown) -> bool:
    return before.sender.id == message.sender.id and message.sent_at - before.sent_at < A_PAUSE
