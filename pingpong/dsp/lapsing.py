"""Claims whose workers never came back: killed, or cut off. What they sent counts as not answered."""

from typing import cast
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from pingpong import clock
from pingpong.dsp.blanking import kept
from pingpong.dsp.models import Entity
from pingpong.dsp.picking import Picked, give_back
from pingpong.dsp.requests import request_for
from pingpong.dsp.settling import Exchange, settle_unanswered
from pingpong.extensions import db, release

log = structlog.get_logger(__name__)

AT_ONCE = 100
UNKNOWN = "The worker ended before an answer came."


def take_back_lapsed() -> int:
    """End the claims that have lapsed, so that their entities can be picked again; returns how many."""
    lapsed = db.session.scalars(
        select(Entity)
        .where(Entity.claim.is_not(None), Entity.claimed_until <= clock.now())
        .order_by(Entity.claimed_until)
        .limit(AT_ONCE)
        .execution_options(populate_existing=True)
    ).all()
    release()
    for entity in lapsed:
        try:
            _take_back(entity)
        except SQLAlchemyError:  # one that cannot be taken back now is tried again, and is in nobody's way
            db.session.rollback()
            log.exception("dsp_claim_not_taken_back", entity_id=str(entity.id))
    return len(lapsed)


def _take_back(entity: Entity) -> None:
    one = Picked(entity.id, cast(UUID, entity.claim))
    log.warning("dsp_claim_lapsed", entity_id=str(entity.id), has_left=entity.requested_at is not None)
    if entity.requested_at is None:
        give_back(one)
        return
    request = request_for(entity)
    body = kept(request.body)
    exchanged = Exchange(entity.action, request.method, request.url, body, at=entity.requested_at)
    settle_unanswered(one, exchanged, UNKNOWN)
