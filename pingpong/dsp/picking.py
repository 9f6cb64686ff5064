"""Picking what is due: a few entities at a time get a claim, and a job each that sends for them.

Whatever waits is a row. Only as many claims are given as can be used within seconds, so a hundred thousand
entities that are due cost no more than three.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from uuid_utils.compat import uuid7

from pingpong import clock
from pingpong.dsp.breaker import circuit
from pingpong.dsp.leave import LONGEST_WAIT_S
from pingpong.dsp.limiter import RateLimit
from pingpong.dsp.models import Entity, EntityAudit
from pingpong.dsp.states import TO_SEND, Action, EntityStatus
from pingpong.extensions import db, release, settings

FEWEST_PLACES, MOST_PLACES = 3, 200
"""Claims that wait for leave at once: with one request every 1.5 s, the next of three is there in time."""
CONNECT_WITHIN_S = 5.0
SPARE_S = 2
FAIR_OVER_S = 60


@dataclass(frozen=True)
class Picked:
    """An entity, and the claim under which something may be sent for it."""

    entity_id: UUID
    claim: UUID


def pick() -> list[Picked]:
    """Claim what is due, as far as there are places; submits and polls get the same share of them."""
    picked: list[Picked] = []
    free = _free_places()
    used = _used_lately()
    while len(picked) < free:
        for status in sorted(TO_SEND, key=lambda status: used[TO_SEND[status]]):
            if one := _claim_next(status):
                picked.append(one)
                used[TO_SEND[status]] += 1
                break
        else:
            break
    return picked


def give_back(one: Picked, noted_at: datetime | None = None) -> None:
    """Let somebody else send it: nothing has left, also if that was noted. Not if somebody else noted it."""
    db.session.execute(
        update(Entity)
        .where(
            Entity.id == one.entity_id,
            Entity.claim == one.claim,
            Entity.requested_at.is_not_distinct_from(noted_at),
        )
        .values(claim=None, requested_at=None)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def connect_s() -> float:
    """How long it may take to connect. A claim is held for that long, and other requests wait behind it."""
    return min(settings.dsp_timeout_s, CONNECT_WITHIN_S)


def _places() -> int:
    """Twice as many as leave is given to until the next pick."""
    used_until_then = settings.dsp_pick_every_s / RateLimit.of(settings).between_s
    return max(FEWEST_PLACES, min(MOST_PLACES, math.ceil(2 * used_until_then)))


def _free_places() -> int:
    taken = select(func.count()).where(Entity.claim.is_not(None), Entity.requested_at.is_(None))
    standing = circuit()
    places = _places() if not standing.is_open else 0 if standing.next_probe_in_s else 1
    free = places - (db.session.scalar(taken) or 0)
    release()
    return free


def _used_lately() -> dict[Action, int]:
    """How many requests of each kind there were in the last minute, those under way included."""
    since = clock.of_statement() - timedelta(seconds=FAIR_OVER_S)
    answered = select(EntityAudit.action, func.count()).where(EntityAudit.at > since)
    under_way = select(Entity.status, func.count()).where(
        Entity.claim.is_not(None), Entity.status.in_(TO_SEND)
    )
    used = dict.fromkeys(Action, 0)
    for action, count in db.session.execute(answered.group_by(EntityAudit.action)):
        used[action] += count
    for status, count in db.session.execute(under_way.group_by(Entity.status)):
        used[TO_SEND[status]] += count
    release()
    return used


def _claim_next(status: EntityStatus) -> Picked | None:
    """The one that has been due for longest. Of two who pick at once, each gets another."""
    due = (
        select(Entity.id)
        .where(
            Entity.status == status,
            Entity.next_attempt_at <= clock.of_statement(),
            Entity.claim.is_(None),
        )
        .order_by(Entity.next_attempt_at, Entity.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claim, lasts_s = uuid7(), LONGEST_WAIT_S + connect_s() + SPARE_S
    found = db.session.scalar(
        update(Entity)
        .where(Entity.id == due)
        .values(
            claim=claim,
            requested_at=None,
            claimed_until=clock.now() + timedelta(seconds=lasts_s),
        )
        .returning(Entity.id)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return Picked(found, claim) if found else None
