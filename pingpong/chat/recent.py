"""The newest messages of a conversation, kept in Redis, so that opening it asks the database for none.

A sorted set for each conversation, its score the time of the message in microseconds since 1970. Its name
holds the conversation's revision: whatever was edited or deleted since, an older set is never read again,
even if it could not be dropped. What is read is believed only if it has no gaps and reaches up to the newest.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import structlog
from redis.client import Pipeline
from redis.exceptions import RedisError

from pingpong.chat.schemas import MessageShown
from pingpong.extensions import redis, settings

log = structlog.get_logger(__name__)

KEY = "pingpong:chat:recent:{}:{}"
MICROSECONDS = 1_000_000

Kept = tuple[UUID, int, datetime, str]
"""A conversation, its revision, when the message was sent, and the message as JSON."""


def add(pipeline: Pipeline, messages: Iterable[Kept]) -> None:
    """Keep messages, and no more than the newest `CHAT_RECENT_LENGTH` of each conversation."""
    by_key: dict[str, dict[str, float]] = {}
    for conversation_id, revision, sent_at, shown in messages:
        score = round(sent_at.timestamp() * MICROSECONDS)
        by_key.setdefault(KEY.format(conversation_id, revision), {})[shown] = score
    for key, members in by_key.items():
        pipeline.zadd(key, members)
        pipeline.zremrangebyrank(key, 0, -settings.chat_recent_length - 1)
        pipeline.expire(key, settings.chat_recent_ttl_s)


def newest(conversation_id: UUID, revision: int, last_seq: int, limit: int) -> list[MessageShown] | None:
    """The newest messages, newest first, or None if they are not all here."""
    try:
        kept = redis.zrevrange(KEY.format(conversation_id, revision), 0, limit - 1)
    except RedisError as error:
        log.warning("chat_recent_unreadable", error=str(error))
        return None
    messages = [MessageShown.model_validate_json(shown) for shown in cast(list[bytes], kept)]
    messages.sort(key=lambda message: -message.seq)
    return messages if _are_all(messages, last_seq, limit) else None


def keep(conversation_id: UUID, revision: int, messages: Sequence[MessageShown]) -> None:
    """Build the set from what the database said; nothing happens when Redis is away."""
    try:
        with redis.pipeline(transaction=False) as pipeline:
            pipeline.delete(KEY.format(conversation_id, revision))  # names in it may be of yesterday
            add(
                pipeline,
                ((conversation_id, revision, one.sent_at, one.model_dump_json()) for one in messages),
            )
            pipeline.execute()
    except RedisError as error:
        log.warning("chat_recent_not_kept", error=str(error))


def drop(conversation_id: UUID, revision: int) -> None:
    """Forget what was kept of a revision that is over."""
    try:
        redis.delete(KEY.format(conversation_id, revision))
    except RedisError as error:
        log.warning("chat_recent_not_dropped", error=str(error))


def _are_all(messages: Sequence[MessageShown], last_seq: int, limit: int) -> bool:
    if not messages:
        return last_seq == 0
    first = messages[0].seq
    has_no_gaps = [message.seq for message in messages] == list(range(first, first - len(messages), -1))
    return has_no_gaps and first >= last_seq and (len(messages) == limit or messages[-1].seq == 1)
