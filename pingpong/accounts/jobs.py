"""What a worker does for accounts."""

import structlog

from pingpong.accounts.models import forget_expired_sessions

log = structlog.get_logger(__name__)


def forget_sessions() -> None:
    """Delete login sessions that ended or expired; called now and then."""
    while forgotten := forget_expired_sessions():
        log.info("login_sessions_forgotten", count=forgotten)
