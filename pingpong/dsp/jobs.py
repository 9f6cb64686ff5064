"""What workers run: `pick`, every second, and `send`, once for each request."""

from uuid import UUID

import structlog

from pingpong.dsp.lapsing import take_back_lapsed
from pingpong.dsp.leave import LONGEST_WAIT_S
from pingpong.dsp.ledger import lease_s
from pingpong.dsp.limiter import Limiter, RateLimit, WindowLost
from pingpong.dsp.picking import Picked, pick
from pingpong.dsp.sending import send as send_one
from pingpong.extensions import redis, settings
from pingpong.queue.enqueue import JobSpec, enqueue, job_meta
from pingpong.queue.queues import IO

SEND = "pingpong.dsp.jobs.send"


def pick_due() -> int:
    """Take back what was claimed and never sent, then claim what is due and enqueue it; returns how many."""
    take_back_lapsed()
    picked = pick() if _may_send_soon() else []
    if picked:
        with redis.pipeline() as pipeline:
            enqueue(pipeline, redis, map(_job, picked))
            pipeline.execute()
    return len(picked)


def send(entity_id: str, claim: str) -> None:
    """Send what is due for an entity. Run twice, the second run does nothing."""
    structlog.contextvars.bind_contextvars(entity_id=entity_id)
    send_one(Picked(UUID(entity_id), UUID(claim)))


def _may_send_soon() -> bool:
    """Not when the third party has asked for silence, or the next turn is far away."""
    try:
        return Limiter(redis, RateLimit.of(settings)).peek() <= LONGEST_WAIT_S
    except WindowLost:
        return True  # whoever asks for leave puts it back


def _job(one: Picked) -> JobSpec:
    return JobSpec(
        id=f"dsp_{one.claim}",
        function=SEND,
        args=(str(one.entity_id), str(one.claim)),
        queue=IO,
        description=f"dsp {one.entity_id}",
        meta=job_meta("dsp", entity_id=str(one.entity_id)),
        timeout_s=int(LONGEST_WAIT_S + lease_s()),
        ttl_s=int(lease_s()),
        result_ttl_s=settings.job_result_ttl_s,
        failure_ttl_s=settings.job_failure_ttl_s,
    )
