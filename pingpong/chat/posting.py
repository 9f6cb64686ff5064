"""Saying something: stored in one go with whatever is said at the same moment, and told after that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import ARRAY, String, Uuid, bindparam, select, text
from uuid_utils.compat import uuid7

from pingpong.chat.events import MessagePosted
from pingpong.chat.models import Message
from pingpong.chat.news import tell_posted
from pingpong.errors import NotFound
from pingpong.eventlog.recording import Origin, recording_each
from pingpong.extensions import db, release
from pingpong.queue.batching import Batcher, in_context

# In one order for all. A statement of its own, because each sees the world as of its beginning: POST begins
# when the locks are held, and sees what others have said, and who was put out, while we waited.
LOCK = text("SELECT FROM conversations WHERE id = ANY(:conversation_ids) ORDER BY id FOR UPDATE").bindparams(
    bindparam("conversation_ids", type_=ARRAY(Uuid()))
)

# Safe under concurrency because of LOCK; `messages_order` would refuse a number given twice, and
# `messages_client_id` a message stored twice. What a client sends again, under the same `client_id`, is
# passed over. One who takes no part posts nothing. To post is to have read: the sender's `read_seq` follows.
POST = text("""
WITH asked AS (
    SELECT *, row_number() OVER (PARTITION BY conversation_id, sender_id, client_id ORDER BY place) AS time
    FROM unnest(:ids, :conversation_ids, :sender_ids, :texts, :client_ids) WITH ORDINALITY
        AS item (id, conversation_id, sender_id, text, client_id, place)
), numbered AS (
    SELECT asked.*,
        conversation.last_seq + row_number() OVER (PARTITION BY conversation_id ORDER BY place) AS seq
    FROM asked
    JOIN conversations AS conversation ON conversation.id = conversation_id
    JOIN conversation_members AS member USING (conversation_id)
    WHERE member.user_id = sender_id AND (client_id IS NULL OR time = 1) AND NOT EXISTS (
        SELECT FROM messages AS earlier
        WHERE earlier.conversation_id = asked.conversation_id
        AND earlier.sender_id = asked.sender_id AND earlier.client_id = asked.client_id
    )
), counted AS (
    UPDATE conversations SET last_seq = newest.seq, active_at = clock_timestamp()
    FROM (SELECT conversation_id, max(seq) AS seq FROM numbered GROUP BY conversation_id) AS newest
    WHERE id = newest.conversation_id
    RETURNING id, revision
), read AS (
    UPDATE conversation_members AS member SET read_seq = own.seq
    FROM (SELECT conversation_id, sender_id, max(seq) AS seq FROM numbered GROUP BY 1, 2) AS own
    WHERE member.conversation_id = own.conversation_id AND member.user_id = own.sender_id
), stored AS (
    INSERT INTO messages (id, conversation_id, seq, sender_id, text, client_id)
    SELECT id, conversation_id, seq, sender_id, text, client_id FROM numbered ORDER BY conversation_id, seq
    RETURNING *
)
SELECT stored.id, conversation_id, seq, sender_id, username, text, client_id, sent_at, revision,
    ARRAY(SELECT user_id FROM conversation_members AS member
        WHERE member.conversation_id = stored.conversation_id) AS member_ids
FROM stored JOIN counted ON counted.id = conversation_id JOIN users ON users.id = sender_id
ORDER BY conversation_id, seq
""").bindparams(
    *(bindparam(name, type_=ARRAY(Uuid())) for name in ("ids", "conversation_ids", "sender_ids")),
    *(bindparam(name, type_=ARRAY(String())) for name in ("texts", "client_ids")),
)


@dataclass(frozen=True)
class NewMessage:
    """Something to be said."""

    conversation_id: UUID
    sender_id: UUID
    text: str
    client_id: str | None
    id: UUID
    origin: Origin


@dataclass(frozen=True)
class Posted:
    """A message as it was just stored, whom it concerns, and the revision of what was said before."""

    id: UUID
    conversation_id: UUID
    seq: int
    sender_id: UUID
    username: str
    text: str
    client_id: str | None
    sent_at: datetime
    revision: int
    member_ids: list[UUID]

    @property
    def event(self) -> MessagePosted:
        """What is recorded of it."""
        return MessagePosted(
            message_id=self.id,
            conversation_id=self.conversation_id,
            seq=self.seq,
            characters=len(self.text),
        )


def init_posting(app: Flask) -> None:
    """Give the app its batcher: what many post at the same moment is one transaction."""
    app.extensions["chat_posting"] = Batcher(in_context(app, _post_many), name="post message")


def post(conversation_id: UUID, sender_id: UUID, text: str, client_id: str | None = None) -> Message | None:
    """Say something, to everybody in the conversation, the sender included.

    Under a `client_id` that was used before nothing is said again: returns the message of the first time,
    else None. Raises NotFound for whoever takes no part.
    """
    batcher: Batcher[NewMessage, Posted | None] = current_app.extensions["chat_posting"]
    if batcher(NewMessage(conversation_id, sender_id, text, client_id, uuid7(), Origin.present(sender_id))):
        return None
    first = _first_of(conversation_id, sender_id, client_id) if client_id else None
    if first is None:
        raise NotFound("There is no such conversation.")
    return first


def _post_many(items: Sequence[NewMessage]) -> list[Posted | None]:
    """For each what was stored, or None if nothing was: it is there already, or its sender takes no part."""
    stored = _store(items)
    if stored:
        tell_posted(stored)
    by_id = {one.id: one for one in stored}
    return [by_id.get(item.id) for item in items]


def _store(items: Sequence[NewMessage]) -> list[Posted]:
    arrays: dict[str, Any] = {
        f"{name}s": [getattr(item, name) for item in items]
        for name in ("id", "conversation_id", "sender_id", "text", "client_id")
    }
    with db.engine.begin() as connection:
        connection.execute(LOCK, {"conversation_ids": arrays["conversation_ids"]})
        stored = [Posted(**row) for row in connection.execute(POST, arrays).mappings()]
        if stored:
            origins = {item.id: item.origin for item in items}
            connection.execute(recording_each((one.event, origins[one.id]) for one in stored))
    return stored


def _first_of(conversation_id: UUID, sender_id: UUID, client_id: str) -> Message | None:
    known_by = {"conversation_id": conversation_id, "sender_id": sender_id, "client_id": client_id}
    first = db.session.scalars(select(Message).filter_by(**known_by)).first()
    release()
    return first
