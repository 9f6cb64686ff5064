"""While Postgres or Redis is away, each request and each job fails of it: one report in a while says so."""

import logging
import time

from sentry_sdk.types import Hint

ONCE_IN_S = 60
KINDS = {
    *(f"sqlalchemy.exc.{name}" for name in ("OperationalError", "InterfaceError", "TimeoutError")),
    *(f"redis.exceptions.{name}" for name in ("ConnectionError", "TimeoutError")),
    *(f"psycopg.{name}" for name in ("OperationalError", "InterfaceError")),
    "pingpong.errors.Unavailable",
}
"""By name: not every process loads these libraries. What is derived from them counts as they do."""
EVENTS = {"database_unavailable"}
"""Log lines that say the same without an exception."""


class PlatformFaults:
    """Lets each kind of fault through once in a while, in this process."""

    def __init__(self) -> None:
        self._told_at_s: dict[str, float] = {}

    def may_be_told(self, hint: Hint) -> bool:
        """Whether it is none of the platform's faults, or one whose kind has not been told lately."""
        kind, now_s = _kind_of(hint), time.monotonic()
        if kind is None:
            return True
        if now_s - self._told_at_s.get(kind, -ONCE_IN_S) < ONCE_IN_S:
            return False
        self._told_at_s[kind] = now_s
        return True


platform_faults = PlatformFaults()


def _kind_of(hint: Hint) -> str | None:
    error: type[BaseException] | None = (hint.get("exc_info") or (None,))[0]
    for ancestor in error.__mro__ if error else ():
        if (name := f"{ancestor.__module__}.{ancestor.__qualname__}") in KINDS:
            return name
    record: logging.LogRecord | None = hint.get("log_record")
    event = record.msg.get("event") if record and isinstance(record.msg, dict) else None
    return event if event in EVENTS else None
