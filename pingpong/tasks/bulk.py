"""What each verb does for one task, done for many at once: one round trip, one commit."""

import time
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Executable, RowMapping

from pingpong import clock
from pingpong.eventlog.bulk import environment
from pingpong.extensions import db
from pingpong.tasks.intents import Claim, NewTask, Outcome
from pingpong.tasks.models import Task
from pingpong.tasks.statements import CLAIM, EACH, FINISH, STORE


def store(items: Sequence[NewTask]) -> list[Task]:
    """Insert tasks, to be run; each as it now is in the database."""
    stored = {row["id"]: Task(**row) for row in _execute(STORE, items)}
    return [stored[item.id] for item in items]


def claim(items: Sequence[Claim], database: clock.DatabaseClock) -> list[tuple[Task, float] | None]:
    """Begin attempts: for each the task and when it was submitted, or None where it is another's to do.

    That moment is one of `time.monotonic()`; the clock hears what time it is in the database.
    """
    begun, asked_at_s = {}, time.monotonic()
    rows = _execute(CLAIM, items)
    heard_at_s = time.monotonic()
    for row in rows:
        values = dict(row)
        database.heard(values.pop("now_s"), asked_at_s, heard_at_s)
        submitted_at_s = database.to_monotonic(row["submitted_at"], heard_at_s)
        begun[row["id"], row["attempts"]] = Task(**values), submitted_at_s
    # Popped: a claim that stands twice in a batch gets its task once.
    return [begun.pop((item.id, item.attempt), None) for item in items]


def finish(items: Sequence[Outcome]) -> list[dict[str, Any] | None]:
    """Keep the answers of attempts: for each its columns by now, or None where another has ended it."""
    ended = {(row["id"], row["attempts"]): dict(row) for row in _execute(FINISH, items)}
    return [ended.pop((item.id, item.attempt), None) for item in items]


def _execute(statement: Executable, items: Sequence[Any]) -> Sequence[RowMapping]:
    """For each item once: of an attempt that stands twice in a batch, the first counts."""
    once = {(item.id, getattr(item, "attempt", 0)): item for item in reversed(items)}.values()
    ordered = sorted(once, key=attrgetter("id"))  # two batches with the same tasks lock them in one order
    names = [field.name for field in fields(items[0])]
    arrays = {EACH.format(name): [getattr(item, name) for item in ordered] for name in names}
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.execute(statement, {**arrays, **environment()}).mappings().all()
