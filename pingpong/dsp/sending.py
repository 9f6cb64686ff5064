"""One request for one entity, from its claim to what came of it."""

import time
from dataclasses import replace

import structlog
from redis.exceptions import RedisError
from sqlalchemy import select

from pingpong import clock
from pingpong.dsp.answers import Answer, Fault, Meaning, Refused, silence_wanted_s, understand
from pingpong.dsp.blanking import kept, kept_words
from pingpong.dsp.breaker import CircuitOpen, require_closed
from pingpong.dsp.client import Limits, NoAnswer, Request, exchange
from pingpong.dsp.deciding import Patience
from pingpong.dsp.leave import Leave, NotNow
from pingpong.dsp.ledger import ClaimLost
from pingpong.dsp.limiter import Limiter, RateLimit
from pingpong.dsp.models import Entity
from pingpong.dsp.picking import Picked, connect_s, give_back
from pingpong.dsp.requests import request_for
from pingpong.dsp.settling import Exchange, settle
from pingpong.dsp.states import TO_SEND, Action
from pingpong.extensions import db, redis, release, settings

log = structlog.get_logger(__name__)


def send(one: Picked) -> None:
    """Ask what is to be asked for this entity, if the claim still holds, and keep what comes of it.

    Without leave nothing is sent, nor without Redis: then the claim is given back. Raises redis' errors.
    """
    entity = _held(one)
    if entity is None:
        log.info("dsp_claim_gone", entity_id=str(one.entity_id))
        give_back(one)  # that of an entity which was cancelled takes up a place
        return
    request = request_for(entity)
    limiter = Limiter(redis, RateLimit.of(settings))
    leave = Leave(limiter, one.entity_id, one.claim)
    try:
        exchanged, meaning = _ask(entity.action, request, leave)
    except (ClaimLost, NotNow, CircuitOpen) as error:
        log.info("dsp_not_sent", entity_id=str(one.entity_id), why=type(error).__name__)
        give_back(one, leave.used_at)
    except RedisError:
        give_back(one, leave.used_at)
        raise
    else:
        settle(one, exchanged, meaning)
        _heed(limiter, exchanged)


def _held(one: Picked) -> Entity | None:
    """The entity, if nothing has been sent under this claim: a job may run twice."""
    found = db.session.scalar(
        select(Entity)
        .where(
            Entity.id == one.entity_id,
            Entity.claim == one.claim,
            Entity.claimed_until > clock.now(),
            Entity.requested_at.is_(None),
            Entity.status.in_(TO_SEND),
        )
        .execution_options(populate_existing=True)
    )
    release()
    return found


def _ask(action: Action, request: Request, leave: Leave) -> tuple[Exchange, Meaning]:
    leave.await_turn()
    require_closed()
    began_at_s = time.monotonic()
    answer: Answer | None = None
    meaning: Meaning
    try:
        answer = exchange(request, _limits(), leave.use)
        meaning = understand(action, answer)
    except NoAnswer as error:
        answer, meaning = error.so_far, Fault(str(error))
    duration_ms = round((time.monotonic() - (leave.left_at_s or began_at_s)) * 1000)
    return _as_kept(action, request, answer, leave, duration_ms), _blanked(meaning)


def _blanked(meaning: Meaning) -> Meaning:
    if isinstance(meaning, Refused | Fault):
        return replace(meaning, error=kept_words(meaning.error))
    return meaning


def _heed(limiter: Limiter, exchanged: Exchange) -> None:
    """Have all workers be silent for as long as the third party asks. The audit knows it, too."""
    if exchanged.retry_after_s:
        log.warning("dsp_told_to_wait", seconds=exchanged.retry_after_s)
        limiter.stop_for(exchanged.retry_after_s)


def _as_kept(
    action: Action, request: Request, answer: Answer | None, leave: Leave, duration_ms: int
) -> Exchange:
    return Exchange(
        action=action,
        method=request.method,
        url=request.url,
        request=kept(request.body),
        at=leave.used_at,
        http_status=answer.http_status if answer else None,
        response=kept(answer.body) if answer else None,
        duration_ms=duration_ms,
        retry_after_s=Patience.of(settings).believed_s(silence_wanted_s(answer)) if answer else None,
    )


def _limits() -> Limits:
    return Limits(connect_s(), settings.dsp_timeout_s, settings.dsp_max_answer_bytes)
