"""What members are told, after the commit: on their own topics, so that only who takes part hears it.

News of chat is of the moment and has no id: a socket that missed some sees it by `seq`, and reads it from
the store. When Redis is away, this process' own sockets are told all the same, and others catch up when they
look.
"""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from pingpong.chat import recent
from pingpong.chat.models import Message
from pingpong.chat.schemas import MessageShown, Participant, Who
from pingpong.extensions import redis
from pingpong.live.extension import bus, hub
from pingpong.live.publish import publish_passing
from pingpong.live.topics import user_topic
from pingpong.live.update import CLOSE, Update

if TYPE_CHECKING:
    from pingpong.chat.posting import Posted

log = structlog.get_logger(__name__)

CHAT = "chat"
"""The event of all news of chat; its `type` is the one that a socket is told."""


def typing_topic(user_id: UUID) -> str:
    """Who types is for the sockets of those who look at the conversation, and for nobody's stream."""
    return f"typing:{user_id}"


def membership_topic(conversation_id: UUID, user_id: UUID) -> str:
    """That somebody no longer takes part: it closes their sockets of this conversation."""
    return f"member:{conversation_id}:{user_id}"


def tell_posted(posted: "Sequence[Posted]") -> None:
    """Tell new messages, and keep them for those who open the conversation; in one round trip."""
    shown = [(one, shown_at_once(one).model_dump_json()) for one in posted]
    updates = [
        Update(_topics(one.member_ids), CHAT, of_message("message", one.conversation_id, text))
        for one, text in shown
    ]
    try:
        with redis.pipeline(transaction=False) as pipeline:
            publish_passing(pipeline, bus, updates)
            recent.add(
                pipeline, [(one.conversation_id, one.revision, one.sent_at, text) for one, text in shown]
            )
            pipeline.execute()
    except RedisError as error:
        _tell_here(updates, error)


def tell_changed(kind: str, message: Message, revision: int, member_ids: Iterable[UUID]) -> None:
    """Tell that a message was edited (`message_edited`) or deleted (`message_deleted`), by which revision."""
    shown = MessageShown.of(message).model_dump(mode="json")
    _tell(member_ids, kind, message.conversation_id, **shown, revision=revision)


def tell_read(conversation_id: UUID, who: Who, message_id: UUID, member_ids: Iterable[UUID]) -> None:
    """Tell that somebody has read up to a message."""
    _tell(member_ids, "read", conversation_id, user=_dumped(who), message_id=str(message_id))


def tell_members(
    conversation_id: UUID, name: str | None, participants: Iterable[Participant], member_ids: Iterable[UUID]
) -> None:
    """Tell who takes part now, and what the conversation is called."""
    _tell(
        member_ids, "members", conversation_id, name=name, participants=[_dumped(one) for one in participants]
    )


def tell_left(conversation_id: UUID, user_id: UUID) -> None:
    """Tell somebody that they no longer take part, and close their sockets of this conversation."""
    data = json.dumps({"type": "left", "conversation_id": str(conversation_id)})
    tell([Update(user_topic(user_id), CHAT, data), Update(membership_topic(conversation_id, user_id), CLOSE)])


def tell_presence(who: Who, online: bool, user_ids: Iterable[UUID]) -> None:
    """Tell that somebody has come or gone; to all with whom they have a conversation."""
    data = json.dumps({"type": "presence", "user": _dumped(who), "online": online}, ensure_ascii=False)
    tell([Update(_topics(user_ids), CHAT, data)])


def tell_typing(conversation_id: UUID, who: Who, is_typing: bool, member_ids: Iterable[UUID]) -> None:
    """Tell that somebody types, or has stopped to. It is true for a few seconds, and never kept."""
    _tell(member_ids, "typing", conversation_id, typing_topic, user=_dumped(who), is_typing=is_typing)


def tell(updates: Sequence[Update]) -> None:
    """Tell it everywhere; when Redis is away, here."""
    try:
        publish_passing(redis, bus, updates)
    except RedisError as error:
        _tell_here(updates, error)


def of_message(kind: str, conversation_id: UUID, shown: str) -> str:
    """A message (as JSON) as a socket tells it: with a type, and which conversation it is of."""
    return f'{{"type":"{kind}","conversation_id":"{conversation_id}",{shown[1:]}'


def shown_at_once(posted: "Posted") -> MessageShown:
    """A message that was just stored, as everybody sees it."""
    return MessageShown(
        id=posted.id,
        seq=posted.seq,
        sender=Who(id=posted.sender_id, username=posted.username),
        text=posted.text,
        sent_at=posted.sent_at,
        client_id=posted.client_id,
    )


def _tell(
    user_ids: Iterable[UUID],
    kind: str,
    conversation_id: UUID,
    topic: Any = user_topic,  # noqa: ANN401
    **fields: object,
) -> None:
    data = {"type": kind, "conversation_id": str(conversation_id), **fields}
    tell([Update(_topics(user_ids, topic), CHAT, json.dumps(data, ensure_ascii=False))])


def _topics(user_ids: Iterable[UUID], topic: Any = user_topic) -> str:  # noqa: ANN401
    return " ".join(map(topic, user_ids))


def _tell_here(updates: Sequence[Update], error: RedisError) -> None:
    log.warning("chat_news_told_here_only", updates=len(updates), error=str(error))
    hub.receive(updates)


def _dumped(model: Who | Participant) -> dict[str, Any]:
    return model.model_dump(mode="json")
