"""`/healthz`: this process. `/readyz`: all that a ping needs, each part with its state."""

import time
from collections.abc import Callable, Set
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, Literal

from flask import Blueprint, current_app
from pydantic import BaseModel, ConfigDict, JsonValue
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from pingpong.dsp.breaker import circuit
from pingpong.errors import PingpongError
from pingpong.eventlog.lag import lag
from pingpong.extensions import db, redis, release, settings
from pingpong.live.extension import hub
from pingpong.openapi.operation import Tag, operation
from pingpong.ops.heartbeat import last_beat
from pingpong.queue.presence import workers_by_queue
from pingpong.queue.queues import IO_QUEUES, QUEUES
from pingpong.tasks.registry import registry

blueprint = Blueprint("health", __name__, template_folder="templates")

OPERATING = Tag("Operating", "For probes and those who are woken by them.")

Check = Callable[[], dict[str, Any]]
BESIDE = {"dsp", "eventlog"}
"""Parts without which messages are answered all the same: they are `degraded` at worst."""
EVENTS_COUNTED = 10_000
"""A probe asks often, and may not take long."""
NO_STORE = {"Cache-Control": "no-store"}


class Health(BaseModel):
    """A process that answers, and its open streams."""

    status: Literal["ok"]
    streams: int

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ok", "streams": 3}})


class Readiness(BaseModel):
    """All parts, each `up`, `degraded` or `down`; with a reason if it is not up."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, dict[str, JsonValue]]

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "not_ready",
                "checks": {
                    "postgres": {"status": "up", "ms": 0.9},
                    "redis": {"status": "up", "ms": 0.4},
                    "workers": {"status": "down", "reason": "no worker listens to io"},
                    "beat": {"status": "up", "ms": 0.5, "age_s": 1.204, "beat": 598405117},
                },
            }
        }
    )


class NotReady(PingpongError):
    """A part that is up and yet not as it must be."""


@blueprint.get("/healthz")
@operation(OPERATING, answers={200: Health})
def healthz() -> tuple[Health, dict[str, str]]:
    """Whether this process answers; it asks nobody else."""
    return Health(status="ok", streams=len(hub)), NO_STORE


@blueprint.get("/readyz")
@operation(OPERATING, answers={200: Readiness, 503: Readiness})
def readyz() -> tuple[Readiness, int, dict[str, str]]:
    """Whether a message would be answered; if not, which part is down and why."""
    parts = run_checks(all_checks())
    is_ready = all(part["status"] != "down" for part in parts.values())
    body = Readiness(status="ready" if is_ready else "not_ready", checks=parts)
    return body, 200 if is_ready else 503, NO_STORE


def all_checks() -> dict[str, Check]:
    """What is asked, by its name."""
    checks = {"postgres": _postgres, "redis": _redis, "workers": _workers, "beat": _beat}
    if settings.dsp_api_url:
        checks["dsp"] = _dsp
    if settings.clickhouse_url:
        checks["eventlog"] = _eventlog
    return checks


def run_checks(checks: dict[str, Check], beside: Set[str] = BESIDE) -> dict[str, dict[str, Any]]:
    """All at once, each within its own time-out: one part that hangs hides none of the others. Those named in
    `beside` are `degraded` at worst.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def run(check: Check) -> dict[str, Any]:
        with app.app_context():
            return _state(check)

    executor = ThreadPoolExecutor(max_workers=len(checks))
    running = {name: executor.submit(run, check) for name, check in checks.items()}
    ends_at = time.monotonic() + settings.check_timeout_s
    states = {name: _result(future, ends_at) for name, future in running.items()}
    executor.shutdown(wait=False, cancel_futures=True)
    for name in beside & states.keys():
        if states[name]["status"] == "down":
            states[name]["status"] = "degraded"
    return states


def _state(check: Check) -> dict[str, Any]:
    started_at = time.monotonic()
    try:
        details = check()
    except NotReady as error:
        return {"status": "down", "reason": error.message}
    except (SQLAlchemyError, RedisError, OSError) as error:
        return {"status": "down", "reason": type(error).__name__}
    return {"status": "up", "ms": round((time.monotonic() - started_at) * 1000, 1), **details}


def _result(future: "Future[dict[str, Any]]", ends_at: float) -> dict[str, Any]:
    try:
        return future.result(timeout=max(0, ends_at - time.monotonic()))
    except FutureTimeoutError:
        return {"status": "down", "reason": f"no answer within {settings.check_timeout_s:g} s"}


def _postgres() -> dict[str, Any]:
    db.session.execute(text("SELECT 1 FROM tasks LIMIT 1"))
    release()
    return {}


def _redis() -> dict[str, Any]:
    redis.ping()
    return {}


def _workers() -> dict[str, Any]:
    """Without one for the io queues nothing is answered; without another, some kinds of tasks wait."""
    workers = workers_by_queue(redis, QUEUES)
    missing = [name for name, count in workers.items() if not count]
    if not set(missing).isdisjoint(IO_QUEUES):
        raise NotReady(f"no worker listens to {', '.join(missing)}")
    waiting = [name for name in missing if name in registry.queues]
    if waiting:
        return {
            "status": "degraded",
            "reason": f"no worker listens to {', '.join(waiting)}",
            "queues": workers,
        }
    return {"queues": workers}


def _dsp() -> dict[str, Any]:
    """While the third party is away, submissions wait, and nothing else does."""
    standing = circuit()
    release()
    if standing.next_probe_in_s is None:
        return {}
    reason = f"the third party fails; the next probe is in {standing.next_probe_in_s:.0f} s"
    return {"status": "degraded", "reason": reason}


def _eventlog() -> dict[str, Any]:
    """While ClickHouse is away, events wait in Postgres."""
    behind = lag(EVENTS_COUNTED)
    numbers = {"waiting": behind.waiting, "oldest_s": round(behind.oldest_s, 1), "refused": behind.refused}
    if behind.oldest_s <= settings.eventlog_late_after_s:
        return numbers
    reason = behind.last_error or "is the shipper running?"
    return {"status": "degraded", "reason": f"events wait: {reason}", **numbers}


def _beat() -> dict[str, Any]:
    beat = last_beat(redis)
    if beat is None:
        raise NotReady("no beat yet; is the scheduler running?")
    if beat.age_s > settings.beat_late_after_s:
        raise NotReady(f"the last beat was {beat.age_s:.0f} s ago")
    return {"age_s": round(beat.age_s, 3), "beat": beat.number}
