"""The statements behind the verbs: each does for many tasks at once what its verb does for one.

Each is one statement and one transaction. A statement that moves a status is conditional: of two workers that
have the same task, the database lets one through, and the other's finds no row.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, String, Text, Uuid, column, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

from pingpong import clock
from pingpong.extensions import db
from pingpong.tasks.intents import Claim, NewTask, Outcome
from pingpong.tasks.models import Task
from pingpong.tasks.states import TaskStatus, may_become

TYPES: dict[str, TypeEngine[Any]] = {
    "id": Uuid(),
    "kind": String(),
    "params": JSONB(),
    "attempt": Integer(),
    "status": Text(),
    "result": JSONB(none_as_null=True),
    "error": Text(),
    "progress": Integer(),
}


def store(items: Sequence[NewTask]) -> list[Task]:
    """Insert tasks, to be run; each as it now is in the database."""
    new = _rows(items, "id", "kind", "params")
    statement = insert(Task).from_select(
        ["id", "kind", "params", "status", "progress", "attempts"],
        select(new.c.id, new.c.kind, new.c.params, literal(TaskStatus.QUEUED.value), literal(0), literal(0)),
    )
    stored = {task.id: task for task in db.session.scalars(statement.returning(Task))}
    db.session.commit()
    return [stored[item.id] for item in items]


def claim(items: Sequence[Claim]) -> list[tuple[Task, float] | None]:
    """Begin attempts: for each the task and its age in seconds, or None where it is another's to do."""
    wanted = _rows(items, "id", "attempt")
    statement = (
        update(Task)
        .where(Task.id == wanted.c.id, Task.status.in_(may_become(TaskStatus.RUNNING)))
        .where(Task.attempts.in_((wanted.c.attempt - 1, wanted.c.attempt)))
        .values(status=TaskStatus.RUNNING, attempts=wanted.c.attempt, started_at=clock.now(), progress=0)
        .returning(Task, clock.age_s(Task.submitted_at))
    )
    begun = {row[0].id: (row[0], row[1]) for row in db.session.execute(statement)}
    db.session.commit()
    return [_pop(begun, item) for item in items]


def finish(items: Sequence[Outcome]) -> list[Task | None]:
    """End attempts: for each the task, or None where it was no longer this attempt's to end."""
    ended = _rows(items, "id", "attempt", "status", "result", "error", "progress")
    statement = (
        update(Task)
        .where(Task.id == ended.c.id, Task.attempts == ended.c.attempt)
        .where(Task.status.in_(may_become(TaskStatus.DONE)))
        .values(
            status=ended.c.status,
            result=ended.c.result,
            error=ended.c.error,
            progress=ended.c.progress,
            finished_at=clock.now(),
        )
        .returning(Task)
    )
    found = {task.id: task for task in db.session.scalars(statement)}
    db.session.commit()
    return [found.pop(item.id, None) for item in items]


def _pop(begun: dict[UUID, tuple[Task, float]], item: Claim) -> tuple[Task, float] | None:
    """The row of this claim, once: a claim that stands twice in a batch gets it once."""
    if item.id in begun and begun[item.id][0].attempts == item.attempt:
        return begun.pop(item.id)
    return None


def _rows(items: Iterable[NewTask | Claim | Outcome], *names: str) -> TableValuedAlias:
    """The items as a table, from one array a column: one statement for any number of items."""
    ordered = sorted(items, key=attrgetter("id"))  # two batches with the same tasks lock them in one order
    arrays = [literal([getattr(item, name) for item in ordered], ARRAY(TYPES[name])) for name in names]
    columns = [column(name, TYPES[name]) for name in names]
    return func.unnest(*arrays).table_valued(*columns).render_derived()
