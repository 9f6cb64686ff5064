"""What of an error leaves this process: where in the code it happened, to which request, task and job.

Not what it says, which may quote what people wrote: that is in our own log, under the same request_id.
"""

import logging

import structlog
from sentry_sdk.types import Breadcrumb, Event, Hint

from pingpong.telemetry.outages import platform_faults
from pingpong.telemetry.spans import spans

NAMES = ("request_id", "task_id", "job_id", "kind", "attempt", "queue", "function")
"""Of what is bound to a log line, this goes along."""
OUR_LOGGERS = "pingpong."
"""Not `pingpong` itself: Flask writes the paths of requests there."""


def report(event: Event, hint: Hint) -> Event | None:
    """An error as it may leave; None for one that is expected, such as a client's, or that was just told."""
    record: logging.LogRecord | None = hint.get("log_record")
    if _is_expected(hint) or not platform_faults.may_be_told(hint):
        return None
    if record is not None:
        event["logentry"] = {"message": words(record)}
    for error in event.get("exception", {}).get("values", []):
        error.pop("value", None)
        error.get("mechanism", {}).pop("data", None)
    tags = event.setdefault("tags", {})
    tags.update({**spans.ids(), **_names(record)})
    return _bare(event)


def timing(event: Event, _hint: Hint) -> Event:
    """A transaction as it may leave: its spans say of an address or a statement only what kind it was."""
    for span in event.get("spans", []):  # type: ignore[union-attr]
        span["description"] = span.get("op", "")
        span["data"] = {}
    event.get("contexts", {}).get("trace", {}).pop("data", None)
    return _bare(event)


def breadcrumb(crumb: Breadcrumb, hint: Hint) -> Breadcrumb | None:
    """A log line before the error: the event's name. Requests to others have addresses: they stay here."""
    record = hint.get("log_record")
    if record is None:
        return None
    return {**crumb, "message": words(record), "data": {}}


def words(record: logging.LogRecord) -> str:
    """What a log line says, without what is filled in: all lines of one kind are one issue.

    What another library has put into words by itself may hold anything: then it is where it was said.
    """
    if isinstance(record.msg, dict):  # structlog's
        return str(record.msg.get("event", ""))
    if record.args or record.name.startswith(OUR_LOGGERS):
        return str(record.msg)
    return f"{record.name}, {record.module}.{record.funcName}"


def _is_expected(hint: Hint) -> bool:
    kind, error, _ = hint.get("exc_info") or (None, None, None)
    return kind is not None and getattr(error, "is_expected", False)


def _names(record: logging.LogRecord | None) -> dict[str, str]:
    said = dict(structlog.contextvars.get_contextvars())
    if record is not None:
        said.update(record.msg if isinstance(record.msg, dict) else vars(record))
    return {name: str(said[name]) for name in NAMES if name in said}


def _bare(event: Event) -> Event:
    """The route says what was asked for: the address may hold a token. Nobody is named."""
    request = event.pop("request", None)
    if request:
        event["request"] = {"method": request.get("method", "")}
    for name in ("user", "extra"):
        event.pop(name, None)  # type: ignore[misc]
    return event
