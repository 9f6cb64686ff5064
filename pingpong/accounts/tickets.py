"""Tickets: what opens one stream or socket in place of a token, which does not belong into an address."""

import secrets
from uuid import UUID

from redis.exceptions import RedisError

from pingpong.errors import Unauthorized, Unavailable
from pingpong.extensions import redis, settings

KEY = "pingpong:ticket:{}"
BYTES = 32


def issue(session_id: UUID) -> str:
    """A ticket for one use, soon. Raises Unavailable when Redis is away."""
    ticket = secrets.token_urlsafe(BYTES)
    try:
        redis.set(KEY.format(ticket), str(session_id), ex=settings.ticket_lifetime_s)
    except RedisError as error:
        raise Unavailable("Tickets are out for a moment; try again.", retry_after_s=1) from error
    return ticket


def redeem(ticket: str) -> UUID:
    """The session that a ticket stands for; it is used up by this. Raises Unauthorized."""
    try:
        session_id = redis.getdel(KEY.format(ticket))
    except RedisError as error:
        raise Unavailable("Tickets cannot be checked for a moment; try again.", retry_after_s=1) from error
    if not session_id:
        raise Unauthorized("The ticket is not valid, was used, or has expired.")
    return UUID(session_id.decode())  # type: ignore[union-attr]
