"""Editing and deleting one's own messages, for a while. Each verb is one transaction, and then told."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from pingpong import clock
from pingpong.accounts.models import User
from pingpong.chat import recent
from pingpong.chat.events import MessageDeleted, MessageEdited
from pingpong.chat.models import Conversation, Message, member_ids
from pingpong.chat.news import tell_changed
from pingpong.errors import Forbidden, NotFound
from pingpong.eventlog.catalogue import EventContext
from pingpong.eventlog.recording import record
from pingpong.extensions import committed, db, settings


def edit(conversation_id: UUID, message_id: UUID, person: User, text: str) -> Message:
    """Have one's own message say something else. Raises NotFound, Forbidden when it is too late."""

    def say(message: Message) -> EventContext:
        message.text = text
        message.edited_at = clock.now()
        return MessageEdited(message_id=message_id, conversation_id=conversation_id, characters=len(text))

    return _change(conversation_id, message_id, person, "message_edited", say)


def delete(conversation_id: UUID, message_id: UUID, person: User) -> None:
    """Take one's own message back: its text is gone, its number stays. Raises NotFound, Forbidden."""

    def take_back(message: Message) -> EventContext:
        message.text = ""
        message.deleted_at = clock.now()
        return MessageDeleted(message_id=message_id, conversation_id=conversation_id)

    _change(conversation_id, message_id, person, "message_deleted", take_back)


def _change(
    conversation_id: UUID,
    message_id: UUID,
    person: User,
    kind: str,
    change: Callable[[Message], EventContext],
) -> Message:
    """Change a message under the conversation's lock: no older version is kept under the new revision."""
    conversation = Conversation.lock(conversation_id, person.id)
    with committed():
        message = _own(message_id, conversation_id, person)
        record(change(message), actor_id=person.id)
        conversation.revision += 1
        db.session.flush()
        db.session.refresh(message, ["edited_at", "deleted_at"])
        members = member_ids(conversation_id)
    recent.drop(conversation_id, conversation.revision - 1)
    tell_changed(kind, message, conversation.revision, members)
    return message


def _own(message_id: UUID, conversation_id: UUID, person: User) -> Message:
    still = Message.sent_at > clock.now() - timedelta(seconds=settings.chat_edit_within_s)
    found = db.session.execute(
        select(Message, still).where(Message.id == message_id, Message.conversation_id == conversation_id)
    ).first()
    if found is None or found[0].deleted_at:
        raise NotFound("There is no such message.")
    message, is_in_time = found
    if message.sender_id != person.id:
        raise Forbidden("This message is not yours.")
    if not is_in_time:
        raise Forbidden(f"A message can be changed for {settings.chat_edit_within_s // 60} minutes.")
    return message
