"""What was sent lately, by Postgres: the truth behind the limiter's window, which is in Redis.

A request is noted here before it leaves, so that it counts even if its worker dies before the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, Subquery, func, select, union_all, update
from sqlalchemy.sql.dml import ReturningUpdate

from pingpong import clock
from pingpong.dsp.breaker import CircuitOpen, circuit
from pingpong.dsp.limiter import RateLimit
from pingpong.dsp.models import SENDING_LOCK, Entity, EntityAudit
from pingpong.dsp.states import TO_SEND
from pingpong.extensions import committed, db, release, settings


class ClaimLost(Exception):
    """The entity is no longer this job's to send."""


class ToldToWait(Exception):
    """The third party has asked for silence, of which Redis may know nothing any more."""


class TooMany(Exception):
    """More has been sent than Redis knows of."""


@dataclass(frozen=True)
class Lately:
    """How many seconds ago each request of the last window left, and for how many to be silent."""

    ages_s: Sequence[float]
    stopped_s: float


def lately(rate: RateLimit) -> Lately:
    """What the window in Redis must hold."""
    ages_s = db.session.scalars(select(_age_s(_sent_within(rate.counted_s).c.at))).all()
    stopped_s = db.session.scalar(select(_stopped_s()))
    release()
    return Lately(ages_s, max(0.0, stopped_s or 0.0))


def sent_within(seconds: float) -> int:
    """How many requests left in the last so many seconds."""
    count = db.session.scalar(select(func.count()).select_from(_sent_within(seconds)))
    return count or 0


def note(entity_id: UUID, claim: UUID, rate: RateLimit, noted_at: datetime | None = None) -> datetime:
    """Note, in a transaction of its own, that the request of a claim leaves now. Returns when that is.

    Noted again because its leave was used too late (`noted_at`: when that was), it counts once, from now on.
    If somebody else has noted it, who runs the same job, the claim is theirs.
    Raises ClaimLost, TooMany, ToldToWait or CircuitOpen.
    """
    with committed():
        db.session.execute(select(func.pg_advisory_xact_lock(SENDING_LOCK)))
        _check(entity_id, rate)
        noted_at = db.session.scalar(_note(entity_id, claim, noted_at))
    if noted_at is None:
        raise ClaimLost
    return noted_at


def _check(entity_id: UUID, rate: RateLimit) -> None:
    # Notes come a few milliseconds after the leave that they are about, not always equally many.
    others = _sent_within(rate.counted_s - rate.leave_lasts_s, Entity.id != entity_id)
    if (db.session.scalar(select(func.count()).select_from(others)) or 0) >= rate.limit:
        raise TooMany
    if (db.session.scalar(select(_stopped_s())) or 0) > 0:
        raise ToldToWait
    if circuit().next_probe_in_s:
        raise CircuitOpen


def _note(entity_id: UUID, claim: UUID, noted_at: datetime | None) -> ReturningUpdate[datetime | None]:
    return (
        update(Entity)
        .where(
            Entity.id == entity_id,
            Entity.claim == claim,
            Entity.claimed_until > clock.now(),
            Entity.requested_at.is_not_distinct_from(noted_at),
            Entity.status.in_(TO_SEND),
        )
        .values(
            may_be_there=True,
            requested_at=clock.now(),
            claimed_until=clock.now() + timedelta(seconds=lease_s()),
        )
        .returning(Entity.requested_at)
        .execution_options(synchronize_session=False)
    )


def lease_s() -> float:
    """How long a claim is held once its request leaves: until the answer must be there, and is stored."""
    return settings.dsp_timeout_s * 2 + 10


def _sent_within(seconds: float, *conditions: ColumnElement[bool]) -> Subquery:
    now = clock.of_statement()  # what is later is from before the clock was set back
    since = now - timedelta(seconds=seconds)
    under_way = select(Entity.requested_at.label("at")).where(
        Entity.claim.is_not(None), Entity.requested_at.between(since, now), *conditions
    )
    answered = select(EntityAudit.at).where(EntityAudit.at.between(since, now))
    return union_all(answered, under_way).subquery()


def _age_s(moment: SQLColumnExpression[datetime]) -> ColumnElement[float]:
    return clock.epoch_s(clock.now()) - clock.epoch_s(moment)


def _stopped_s() -> ColumnElement[float]:
    """The longest of what the last answers asked for, from now on."""
    now = clock.of_statement()
    since = now - timedelta(seconds=settings.dsp_retry_after_cap_s)
    took_s = func.coalesce(EntityAudit.duration_ms, 0) / 1000.0
    ends = select(func.max(clock.epoch_s(EntityAudit.at) + took_s + EntityAudit.retry_after_s)).where(
        EntityAudit.at.between(since, now), EntityAudit.retry_after_s.is_not(None)
    )
    return ends.scalar_subquery() - clock.epoch_s(clock.now())
