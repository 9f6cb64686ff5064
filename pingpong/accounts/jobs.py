"""What a worker does for accounts."""

import structlog
from sqlalchemy import delete, or_, select

from pingpong import clock
from pingpong.accounts.models import LoginSession
from pingpong.extensions import db

log = structlog.get_logger(__name__)

FORGET_AT_MOST = 10_000


def forget_sessions() -> None:
    """Delete login sessions that ended or expired; called now and then."""
    while forgotten := forget_expired_sessions():
        log.info("login_sessions_forgotten", count=forgotten)


def forget_expired_sessions() -> int:
    """Delete some of the sessions that ended or expired; returns how many."""
    gone = (
        select(LoginSession.id)
        .where(or_(LoginSession.expires_at < clock.now(), LoginSession.ended_at < clock.now()))
        .limit(FORGET_AT_MOST)
    )
    forgotten = db.session.scalars(
        delete(LoginSession)
        .where(LoginSession.id.in_(gone.scalar_subquery()))
        .returning(LoginSession.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return len(forgotten)
