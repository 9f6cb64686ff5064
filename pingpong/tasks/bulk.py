"""The statements behind the verbs: each does for many tasks at once what its verb does for one.

Each is one statement and one transaction of its own: it is built once, costs one round trip, and is committed
when it returns. A statement that moves a status is conditional: of two workers that have the same task, the
database lets one through, and the other's finds no row.
"""

import time
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    Integer,
    RowMapping,
    String,
    Uuid,
    bindparam,
    column,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

from pingpong import clock
from pingpong.database import without_waiting_for_the_disk
from pingpong.extensions import db
from pingpong.tasks.intents import Claim, NewTask, Outcome
from pingpong.tasks.models import Task
from pingpong.tasks.states import COMPLETE, TaskStatus, may_become

EACH = "each_{}"
"""Names the array with one column of the items; a column's own name is reserved by SQLAlchemy."""


def _items(**types: TypeEngine[Any]) -> TableValuedAlias:
    """The items of a batch as a table, from one array a column: one statement for any number of items."""
    arrays = [bindparam(EACH.format(name), type_=ARRAY(type_)) for name, type_ in types.items()]
    columns = [column(name, type_) for name, type_ in types.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived()


# What is computed for the database's own use stays there.
SHOWN: list[ColumnElement[Any]] = [
    shown for shown in Task.__table__.c if shown.name not in {"search_text", "sort_duration"}
]

_new = _items(id=Uuid(), kind=String(), params=JSONB(), owner_id=Uuid())
STORE = (
    insert(Task)
    .from_select(
        ["id", "kind", "params", "owner_id", "status", "progress", "attempts"],
        select(*_new.c, literal(TaskStatus.QUEUED.value), literal(0), literal(0)),
    )
    .returning(*SHOWN)
)

_wanted = _items(id=Uuid(), attempt=Integer())
CLAIM = (
    update(Task.__table__)
    .where(Task.id == _wanted.c.id, Task.status.in_(may_become(TaskStatus.RUNNING)))
    .where(Task.attempts.in_((_wanted.c.attempt - 1, _wanted.c.attempt)), without_waiting_for_the_disk())
    .values(status=TaskStatus.RUNNING, attempts=_wanted.c.attempt, started_at=clock.now(), progress=0)
    .returning(clock.epoch_s(clock.now()).label("now_s"), *SHOWN)
)

_ended = _items(id=Uuid(), attempt=Integer(), result=JSONB(none_as_null=True))
FINISH = (
    update(Task.__table__)
    .where(Task.id == _ended.c.id, Task.attempts == _ended.c.attempt)
    .where(Task.status.in_(may_become(TaskStatus.DONE)))
    .values(
        status=TaskStatus.DONE,
        result=_ended.c.result,
        error=None,
        progress=COMPLETE,
        due_at=None,
        finished_at=clock.now(),
    )
    .returning(*SHOWN)
)


def store(items: Sequence[NewTask]) -> list[Task]:
    """Insert tasks, to be run; each as it now is in the database."""
    stored = {row["id"]: Task(**row) for row in _execute(STORE, items, "id", "kind", "params", "owner_id")}
    return [stored[item.id] for item in items]


def claim(items: Sequence[Claim], database: clock.DatabaseClock) -> list[tuple[Task, float] | None]:
    """Begin attempts: for each the task and when it was submitted, or None where it is another's to do.

    That moment is one of `time.monotonic()`; the clock hears what time it is in the database.
    """
    begun, asked_at_s = {}, time.monotonic()
    rows = _execute(CLAIM, items, "id", "attempt")
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
    ended = {row["id"]: dict(row) for row in _execute(FINISH, items, "id", "attempt", "result")}
    return [ended.pop(item.id, None) for item in items]


def _execute(statement: Executable, items: Sequence[Any], *names: str) -> Sequence[RowMapping]:
    ordered = sorted(items, key=attrgetter("id"))  # two batches with the same tasks lock them in one order
    arrays = {EACH.format(name): [getattr(item, name) for item in ordered] for name in names}
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.execute(statement, arrays).mappings().all()
