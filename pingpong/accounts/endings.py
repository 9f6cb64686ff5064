"""After the commit: streams and sockets of sessions that ended are closed, in every web process."""

from collections.abc import Sequence

import structlog
from redis.exceptions import RedisError

from pingpong.accounts.models import LoginSession
from pingpong.extensions import redis
from pingpong.live.extension import bus
from pingpong.live.publish import publish
from pingpong.live.topics import session_topic
from pingpong.live.update import CLOSE, Update

log = structlog.get_logger(__name__)


def tell_ended(sessions: Sequence[LoginSession]) -> None:
    """Close what these sessions opened. When Redis is away, that ends when it is next checked or expires."""
    if not sessions:
        return
    try:
        publish(redis, bus, [Update(session_topic(session.id), CLOSE) for session in sessions])
    except RedisError as error:
        log.warning("session_endings_untold", sessions=len(sessions), error=str(error))
