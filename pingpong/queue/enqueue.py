"""Enqueueing RQ jobs, many in the caller's pipeline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import Redis
from redis.client import Pipeline
from rq import Queue
from rq.job import Job

from pingpong.origin import to_pass_on
from pingpong.telemetry.spans import spans


@dataclass(frozen=True)
class JobSpec:
    """A job to be made. Every key that RQ keeps of it gets a time to live (all in seconds)."""

    id: str
    function: str
    args: tuple[Any, ...]
    queue: str
    description: str
    meta: dict[str, str]
    timeout_s: int
    ttl_s: int
    result_ttl_s: int
    failure_ttl_s: int


def job_meta(kind: str, **names: str) -> dict[str, str]:
    """What a job carries: its kind, what it is about, and the request, person and trace that it comes from.

    Call it where those are known, as in the request itself.
    """
    return {"kind": kind, **names, **to_pass_on(), **spans.carrier()}


def enqueue(
    pipeline: Pipeline, connection: Redis, jobs: Iterable[JobSpec], *, at: datetime | None = None
) -> None:
    """Add the jobs to their queues when the pipeline is executed, or at a later time if one is given.

    Costs no round trip of its own.

    Call it only after the commit of what the jobs are about.
    """
    for spec in jobs:
        job = Job.create(
            spec.function,
            args=spec.args,
            id=spec.id,
            origin=spec.queue,  # RQ sets it for a job of now, but not for one of later
            description=spec.description,
            meta=spec.meta,
            timeout=spec.timeout_s,
            ttl=spec.ttl_s,
            result_ttl=spec.result_ttl_s,
            failure_ttl=spec.failure_ttl_s,
            connection=connection,
        )
        queue = Queue(spec.queue, connection=connection)
        if at is None:
            queue.enqueue_job(job, pipeline=pipeline)
        else:
            queue.schedule_job(job, at, pipeline=pipeline)
