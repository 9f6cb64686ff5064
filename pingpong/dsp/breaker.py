"""The circuit breaker: when the third party seems to be away, only a probe is sent now and then.

It has no state of its own. That it is open follows from the last entries of the audit, so that all workers
agree and nothing that Redis forgets can close it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, func, select

from pingpong import clock
from pingpong.dsp.models import Entity, EntityAudit
from pingpong.extensions import db, release, settings


class CircuitOpen(Exception):
    """The third party seems to be away, and it is not time for a probe."""


@dataclass(frozen=True)
class Circuit:
    """Whether requests go through. `next_probe_in_s` is None while they do."""

    is_open: bool
    next_probe_in_s: float | None = None
    opened_at: datetime | None = None


CLOSED = Circuit(is_open=False)


def circuit() -> Circuit:
    """How it stands, by the database's clock: open when the last requests all failed."""
    # Of a request whose worker died nobody knows whether there was an answer.
    last = (
        select(EntityAudit.at, EntityAudit.is_outage)
        .where(EntityAudit.is_outage | EntityAudit.http_status.is_not(None))
        .order_by(EntityAudit.at.desc(), EntityAudit.id.desc())
        .limit(settings.dsp_breaker_failures)
    )
    rows = db.session.execute(last).all()
    if len(rows) < settings.dsp_breaker_failures or not all(row.is_outage for row in rows):
        return CLOSED
    probe_at = func.least(func.greatest(rows[0].at, _last_under_way()), clock.of_statement()) + timedelta(
        seconds=settings.dsp_probe_every_s
    )
    left = db.session.scalar(select(clock.epoch_s(probe_at) - clock.epoch_s(clock.now())))
    return Circuit(is_open=True, next_probe_in_s=max(0.0, left or 0.0), opened_at=rows[-1].at)


def require_closed() -> None:
    """Go on only if requests go through, or it is time for a probe. Raises CircuitOpen."""
    standing = circuit()
    release()
    if standing.next_probe_in_s:
        raise CircuitOpen


def _last_under_way() -> ScalarSelect[datetime | None]:
    under_way = select(func.max(Entity.requested_at)).where(Entity.claim.is_not(None))
    return under_way.scalar_subquery()
