"""What has happened before a test, what is sent in it, and what the audit says after it."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import func, select, update

from pingpong import clock
from pingpong.dsp.limiter import STATE_KEY
from pingpong.dsp.models import Entity, EntityAudit
from pingpong.dsp.picking import Picked, pick
from pingpong.dsp.sending import send
from pingpong.dsp.states import Action
from pingpong.extensions import db, redis
from tests.dsp.conftest import load, make_due

OUTAGE = {"http_status": 500, "is_outage": True}
REFUSED = {"http_status": 429}
UNKNOWN = {"http_status": None}
"""Of a worker that died."""


def audited(entity: Entity, *ago_s: float, action: Action = Action.SUBMIT, **values: object) -> None:
    """Requests that left so long ago, and were answered well unless told otherwise."""
    for seconds in ago_s:
        at = clock.now() - timedelta(seconds=seconds)
        what = {"http_status": 200, "attempt": 1, "method": "POST", "url": "http://dsp/v1/campaign", **values}
        db.session.add(EntityAudit(entity_id=entity.id, at=at, action=action, **what))
    db.session.commit()


def claimed(entity: Entity, requested_ago_s: float | None = None, lasts_s: float = 60) -> Picked:
    """Somebody holds a claim; its request may have left already."""
    left = None if requested_ago_s is None else clock.now() - timedelta(seconds=requested_ago_s)
    claim, until = uuid4(), clock.now() + timedelta(seconds=lasts_s)
    changed = {"claim": claim, "claimed_until": until, "requested_at": left}
    db.session.execute(update(Entity).where(Entity.id == entity.id).values(**changed))
    db.session.commit()
    return Picked(entity.id, claim)


def set_back(entity: Entity, column: str, seconds: float) -> None:
    """As if so much time had passed since, or until, what this column tells."""
    earlier = getattr(Entity, column) - timedelta(seconds=seconds)
    db.session.execute(update(Entity).where(Entity.id == entity.id).values({column: earlier}))
    db.session.commit()


def is_free(entity: Entity) -> bool:
    """Whether nobody holds a claim, and none of its requests is under way."""
    now = load(entity.id)
    return now.claim is None and now.requested_at is None


def audit_of(entity: Entity) -> list[EntityAudit]:
    """Its requests, the oldest first."""
    found = select(EntityAudit).where(EntityAudit.entity_id == entity.id).order_by(EntityAudit.id)
    rows = list(db.session.scalars(found.execution_options(populate_existing=True)))
    db.session.commit()
    return rows


def seconds_until(entity: Entity, column: str = "next_attempt_at") -> float:
    """From now, by the database's clock."""
    until = select(clock.epoch_s(getattr(Entity, column)) - clock.epoch_s(func.clock_timestamp()))
    seconds = db.session.scalar(until.where(Entity.id == entity.id))
    db.session.commit()
    assert seconds is not None
    return seconds


def knows_the_window() -> None:
    """Redis is sure that nothing was sent but what it holds."""
    redis.hset(STATE_KEY, "known", 1)


def send_next(times: int = 1) -> None:
    """Send what there is to be sent, as if the time for it had come."""
    for _ in range(times):
        make_due()
        for one in pick():
            send(one)
