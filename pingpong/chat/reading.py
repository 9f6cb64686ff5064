"""Reading what was said: one's conversations, a conversation's messages, and what a socket has missed."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select, tuple_, update
from sqlalchemy.orm import aliased, joinedload

from pingpong.accounts.models import User
from pingpong.chat import presence, recent
from pingpong.chat.events import MessageRead
from pingpong.chat.models import Conversation, Member, Message, member_ids, members_of
from pingpong.chat.news import tell_read
from pingpong.chat.schemas import (
    ConversationPage,
    ConversationShown,
    MessagePage,
    MessageShown,
    Participant,
    Who,
    conversation_shown,
)
from pingpong.cursor import Cursor
from pingpong.errors import InvalidInput, NotFound
from pingpong.eventlog.recording import record
from pingpong.extensions import db, release, settings

ORDER = "active_at"
BATCH = 50
"""Messages that are read at once for a socket that has missed many: they wait in memory for a slow peer."""
ON_ITS_WAY_S = 15
"""News of a change may be told so much later than that of a message that came after it, or only by a look."""


def conversations_of(user_id: UUID, *, after: str | None = None, limit: int = 25) -> ConversationPage:
    """Those in which this person takes part, the most recently active first. Raises InvalidInput."""
    found = (
        select(Conversation, Member, Message)
        .join(Member, and_(Member.conversation_id == Conversation.id, Member.user_id == user_id))
        .outerjoin(
            Message, and_(Message.conversation_id == Conversation.id, Message.seq == Conversation.last_seq)
        )
        .options(joinedload(Message.sender, innerjoin=False))  # nothing may have been said yet
        .order_by(Conversation.active_at.desc(), Conversation.id.desc())
        .limit(limit + 1)
    )
    if after:
        cursor = Cursor.parse(after, sort=ORDER, field="after")
        found = found.where(tuple_(Conversation.active_at, Conversation.id) < (cursor.moment, cursor.id))
    rows = db.session.execute(found).all()
    shown = _shown(rows[:limit])
    release()
    last = rows[limit - 1][0] if len(rows) > limit else None
    following = Cursor.at(last.active_at, ORDER, last.id) if last else None
    return ConversationPage(items=shown, next=str(following) if following else None)


def conversation_of(conversation_id: UUID, user_id: UUID) -> ConversationShown:
    """A conversation as this member sees it. Raises NotFound."""
    conversation, me = Conversation.find(conversation_id, user_id)
    last = db.session.scalars(
        select(Message).filter_by(conversation_id=conversation_id, seq=conversation.last_seq)
    ).first()
    shown = _shown([(conversation, me, last)])[0]
    release()
    return shown


def messages_of(
    conversation_id: UUID, user_id: UUID, *, before: UUID | None = None, limit: int = 25
) -> MessagePage:
    """What was said, newest first; without `before`, the messages come from Redis if they are there.

    Raises NotFound for whoever takes no part, InvalidInput for a `before` from elsewhere.
    """
    conversation, me = Conversation.find(conversation_id, user_id)
    release()
    if before is None:
        messages = _newest(conversation, limit)
    else:
        messages = _stored(conversation_id, limit, Message.seq < _seq_of(before, conversation_id, "before"))
    is_all = not messages or messages[-1].seq == 1
    return MessagePage(
        items=messages,
        next=None if is_all else messages[-1].id,
        unread_count=conversation.last_seq - me.read_seq,
    )


def missed(conversation_id: UUID, after_seq: int, reader_id: UUID | None = None) -> Iterator[MessageShown]:
    """What was said after a message, oldest first, however much it is.

    A reader who takes no part, or no longer, is told nothing.
    """
    which = [Message.seq > after_seq]
    if reader_id:
        who = [Member.conversation_id == conversation_id, Member.user_id == reader_id]
        which.append(exists().where(*who))
    while messages := _stored(conversation_id, BATCH, *which, newest_first=False):
        yield from messages
        which[0] = Message.seq > messages[-1].seq


def changed_since(message: Message) -> Sequence[MessageShown]:
    """The messages up to this one that were edited or deleted after it was sent, oldest first.

    Whoever heard this message may have missed just those.
    """
    known_until = message.sent_at - timedelta(seconds=settings.socket_check_every_s + ON_ITS_WAY_S)
    return changed_after(message.conversation_id, known_until, Message.seq <= message.seq)


def changed_after(
    conversation_id: UUID, moment: datetime, *which: ColumnElement[bool]
) -> Sequence[MessageShown]:
    """The messages that were edited or deleted after a moment, oldest first."""
    changed_at = func.coalesce(Message.deleted_at, Message.edited_at)
    return _stored(conversation_id, None, changed_at > moment, *which, newest_first=False)


def find_message(message_id: UUID, conversation_id: UUID) -> Message:
    """A message of this conversation. Raises NotFound."""
    message = db.session.scalars(
        select(Message).filter_by(id=message_id, conversation_id=conversation_id)
    ).first()
    release()
    if message is None:
        raise NotFound("There is no such message.")
    return message


def mark_read(conversation_id: UUID, reader: Who, message_id: UUID) -> None:
    """Note that somebody has read up to a message, and tell it; nothing happens if they have read further.

    Raises NotFound for a message of another conversation.
    """
    message = find_message(message_id, conversation_id)
    is_news = db.session.scalar(
        update(Member)
        .where(Member.conversation_id == conversation_id, Member.user_id == reader.id)
        .where(Member.read_seq < message.seq)
        .values(read_seq=message.seq)
        .returning(Member.user_id)
        .execution_options(synchronize_session=False)
    )
    if is_news:
        read = MessageRead(message_id=message_id, conversation_id=conversation_id, seq=message.seq)
        record(read, actor_id=reader.id)
    members = member_ids(conversation_id)
    db.session.commit()
    if is_news:
        tell_read(conversation_id, reader, message_id, members)


def participants_of(conversation_id: UUID) -> list[Participant]:
    """Who takes part, the longest-standing first."""
    members = members_of([conversation_id])[conversation_id]
    release()
    online = presence.online(member.user_id for member in members)
    return [Participant.of(member, online) for member in members]


def read_marks(conversation_id: UUID) -> list[tuple[Who, UUID]]:
    """Who has read up to which message."""
    reader = aliased(User)
    found = (
        select(reader.id, reader.username, Message.id)
        .select_from(Member)
        .join(reader, reader.id == Member.user_id)
        .join(
            Message, and_(Message.conversation_id == Member.conversation_id, Message.seq == Member.read_seq)
        )
        .where(Member.conversation_id == conversation_id)
    )
    rows = db.session.execute(found).all()
    release()
    return [(Who(id=user_id, username=username), read) for user_id, username, read in rows]


def _shown(rows: Sequence[tuple[Conversation, Member, Message | None]]) -> list[ConversationShown]:
    members = members_of([conversation.id for conversation, _, _ in rows])
    release()
    online = presence.online(member.user_id for several in members.values() for member in several)
    return [
        conversation_shown(conversation, me, members[conversation.id], last, online)
        for conversation, me, last in rows
    ]


def _newest(conversation: Conversation, limit: int) -> list[MessageShown]:
    kept = recent.newest(conversation.id, conversation.revision, conversation.last_seq, limit)
    if kept is not None:
        return _with_present_names(kept)
    messages = _stored(conversation.id, limit)
    recent.keep(conversation.id, conversation.revision, messages)
    return messages


def _with_present_names(messages: list[MessageShown]) -> list[MessageShown]:
    """People may have changed theirs since these messages were kept."""
    senders = {message.sender.id for message in messages}
    people = db.session.execute(select(User.id, User.username).where(User.id.in_(senders)))
    names = dict(people.all())
    release()
    for message in messages:
        message.sender.username = names.get(message.sender.id, message.sender.username)
    return messages


def _stored(
    conversation_id: UUID, limit: int | None, *which: ColumnElement[bool], newest_first: bool = True
) -> list[MessageShown]:
    found = select(Message).where(Message.conversation_id == conversation_id, *which).limit(limit)
    ordered = found.order_by(Message.seq.desc() if newest_first else Message.seq)
    messages = [MessageShown.of(message) for message in db.session.scalars(ordered)]
    release()
    return messages


def _seq_of(message_id: UUID, conversation_id: UUID, field: str) -> int:
    try:
        return find_message(message_id, conversation_id).seq
    except NotFound:
        raise InvalidInput.of(**{field: "must be a message of this conversation"}) from None
