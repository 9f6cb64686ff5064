"""Keeping what came of a request: the audit's entry, the entity's next state and what follows for others.

All of it in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from pingpong import clock
from pingpong.dsp import news
from pingpong.dsp.answers import Accepted, Fault, Meaning, Refused, StillPending, Succeeded
from pingpong.dsp.counting import count_answer
from pingpong.dsp.deciding import Decision, Patience, decide
from pingpong.dsp.events import (
    EntityCompleted,
    EntityEvent,
    EntityFailed,
    EntitySubmitted,
    Outcome,
    RequestAnswered,
    entities_of,
)
from pingpong.dsp.models import Entity, EntityAudit, lock_graph
from pingpong.dsp.picking import Picked
from pingpong.dsp.relations import mark_blocked, release_children
from pingpong.dsp.states import TO_SEND, Action, EntityStatus
from pingpong.eventlog.recording import record
from pingpong.extensions import db, settings

log = structlog.get_logger(__name__)


ATTEMPTS = 3

OUTCOMES: dict[type[Meaning], Outcome] = {
    Accepted: "accepted",
    StillPending: "pending",
    Succeeded: "succeeded",
    Refused: "refused",
    Fault: "fault",
}


@dataclass(frozen=True)
class Exchange:
    """What was asked and what came back, as the audit keeps it. `at` is None if nothing left."""

    action: Action
    method: str
    url: str
    request: str | None
    at: datetime | None = None
    http_status: int | None = None
    response: str | None = None
    duration_ms: int | None = None
    retry_after_s: float | None = None


def settle(one: Picked, exchange: Exchange, meaning: Meaning) -> None:
    """Keep an answer, or that there was none. It changes the entity only if the claim still holds.

    Somebody who creates large graphs may hold the graph's lock for longer than a statement may take: then it
    is tried again. Raises OperationalError if that was in vain.
    """
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            _settle(one, exchange, meaning)
        except OperationalError:
            db.session.rollback()
            if not attempts_left:
                raise
            log.warning("dsp_answer_waits", entity_id=str(one.entity_id), exc_info=True)
        else:
            return


def settle_unanswered(one: Picked, exchange: Exchange, error: str) -> None:
    """Keep that nobody knows what came of a request, unless somebody has kept it meanwhile."""
    lock_graph()
    if _locked(one.entity_id).claim != one.claim:
        db.session.rollback()
        return
    _settle(one, exchange, Fault(error, is_outage=False))


def _settle(one: Picked, exchange: Exchange, meaning: Meaning) -> None:
    lock_graph()
    entity = _locked(one.entity_id)
    decision = decide(exchange.action, meaning, entity.polls, entity.failures, Patience.of(settings))
    audit = _audit(entity, exchange, meaning, decision)
    db.session.add(audit)
    is_ours = entity.claim == one.claim
    events = _apply(entity, exchange.action, decision) if is_ours else []
    record(_answered(audit, meaning), *events)
    db.session.commit()
    became = decision.status if events and entity.status is decision.status else None
    count_answer(exchange.action, meaning, exchange.duration_ms, became)
    log.info("dsp_answered", status=entity.status.value, **_logged(entity, exchange, decision))
    if is_ours:
        news.tell(entity.owner_id, {entity.id, *entities_of(events)})


def _apply(entity: Entity, action: Action, decision: Decision) -> list[EntityEvent]:
    """Write what was decided. Returns what happened to it and to others."""
    entity.claim = entity.claimed_until = entity.requested_at = None
    entity.remote_id = decision.remote_id or entity.remote_id
    if TO_SEND.get(entity.status) is not action:
        return []  # it was cancelled meanwhile
    entity.attempts += action is Action.SUBMIT
    entity.polls += action is Action.POLL
    entity.failures, entity.last_error, entity.failure = decision.failures, decision.error, decision.failure
    entity.next_attempt_at = _in(decision.next_in_s)
    if decision.status:
        entity.become(decision.status)
    return _consequences(entity, decision)


def _consequences(entity: Entity, decision: Decision) -> list[EntityEvent]:
    attempts, polls = entity.attempts, entity.polls
    if decision.status is EntityStatus.SUBMITTED:
        return [EntitySubmitted(entity_id=entity.id, attempts=attempts)]
    if decision.status is EntityStatus.COMPLETED:
        completed = EntityCompleted(entity_id=entity.id, attempts=attempts, polls=polls)
        return [completed, *release_children(entity)]
    if decision.failure:
        failed = EntityFailed(entity_id=entity.id, failure=decision.failure)
        return [failed, *mark_blocked([entity.id])]
    return []


def _answered(audit: EntityAudit, meaning: Meaning) -> EntityEvent:
    return RequestAnswered(
        entity_id=audit.entity_id,
        action=audit.action,
        attempt=audit.attempt,
        outcome=OUTCOMES[type(meaning)],
        http_status=audit.http_status,
        duration_ms=audit.duration_ms,
        backoff_s=audit.backoff_secs,
        retry_after_s=audit.retry_after_s,
        is_outage=audit.is_outage,
    )


def _audit(entity: Entity, exchange: Exchange, meaning: Meaning, decision: Decision) -> EntityAudit:
    fault = meaning if isinstance(meaning, Fault) else None
    count = entity.attempts if exchange.action is Action.SUBMIT else entity.polls
    return EntityAudit(
        entity_id=entity.id,
        at=exchange.at or clock.now(),
        action=exchange.action,
        attempt=count + 1,
        method=exchange.method,
        url=exchange.url,
        request=exchange.request,
        http_status=exchange.http_status,
        response=exchange.response,
        duration_ms=exchange.duration_ms,
        backoff_secs=decision.backoff_s,
        retry_after_s=exchange.retry_after_s,
        error=getattr(meaning, "error", None),
        is_outage=fault is not None and fault.is_outage,
    )


def _locked(entity_id: UUID) -> Entity:
    found = select(Entity).where(Entity.id == entity_id).with_for_update()
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def _in(seconds: float | None) -> Any:  # noqa: ANN401 - a moment, which Postgres is to tell
    return None if seconds is None else clock.now() + timedelta(seconds=seconds)


def _logged(entity: Entity, exchange: Exchange, decision: Decision) -> dict[str, object]:
    return {
        "entity_id": str(entity.id),
        "action": exchange.action.value,
        "http_status": exchange.http_status,
        "duration_ms": exchange.duration_ms,
        "attempts": entity.attempts,
        "failed": decision.error is not None,
        "backoff_s": decision.backoff_s,
    }
