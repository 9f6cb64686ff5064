"""How conversations stand: asked for all open sockets of the same moment at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import select, tuple_

from pingpong.chat.models import Conversation, Member
from pingpong.errors import NotFound
from pingpong.extensions import db, release
from pingpong.queue.batching import Batcher, in_context

Place = tuple[UUID, UUID]
"""A conversation and one of its members."""


class Standing(NamedTuple):
    """The newest message's number, how often older ones were changed, when something was last said."""

    last_seq: int
    revision: int
    active_at: datetime
    name: str | None


def init_standing(app: Flask) -> None:
    """Give the app its batcher."""
    app.extensions["chat_standing"] = Batcher(in_context(app, _find), name="find conversation")


def standing(conversation_id: UUID, member_id: UUID) -> Standing:
    """How a conversation stands. Raises NotFound for whoever takes no part."""
    looks: Batcher[Place, Standing | None] = current_app.extensions["chat_standing"]
    found = looks((conversation_id, member_id))
    if found is None:
        raise NotFound("There is no such conversation.")
    return found


def _find(places: Sequence[Place]) -> list[Standing | None]:
    rows = db.session.execute(
        select(
            Member.conversation_id,
            Member.user_id,
            Conversation.last_seq,
            Conversation.revision,
            Conversation.active_at,
            Conversation.name,
        )
        .join(Conversation, Conversation.id == Member.conversation_id)
        .where(tuple_(Member.conversation_id, Member.user_id).in_(places))
    ).all()
    release()
    found = {(row.conversation_id, row.user_id): Standing(*row[2:]) for row in rows}
    return [found.get(place) for place in places]
