"""The statements that every task passes through, each for many tasks at once, and each with its event.

Each is one statement and one transaction of its own: it is built once, costs one round trip, and is committed
when it returns. A statement that moves a status is conditional: of two workers that have the same task, the
database lets one through, and the other's finds no row.
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    Select,
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
from sqlalchemy.types import TypeEngine

from pingpong import clock
from pingpong.database import without_waiting_for_the_disk
from pingpong.eventlog.bulk import RECORDED, with_events
from pingpong.eventlog.catalogue import EventContext
from pingpong.tasks.events import TaskAnswered, TaskStarted, TaskSubmitted
from pingpong.tasks.models import Task
from pingpong.tasks.states import COMPLETE, TaskStatus, may_become

EACH = "each_{}"
"""Names the array with one column of the items; a column's own name is reserved by SQLAlchemy."""


def _items(**types: TypeEngine[Any]) -> CTE:
    """The items of a batch as a table, from one array a column: one statement for any number of items."""
    types |= RECORDED
    arrays = [bindparam(EACH.format(name), type_=ARRAY(type_)) for name, type_ in types.items()]
    columns = [column(name, type_) for name, type_ in types.items()]
    return select(func.unnest(*arrays).table_valued(*columns).render_derived()).cte("items")


def _with_events(
    changed: CTE, items: CTE, model: type[EventContext], **context: ColumnElement[Any]
) -> Select[Any]:
    """Each about its task, and about its attempt if the items are attempts."""
    of_task = {"task_id": changed.c.id, "kind": changed.c.kind}
    on = changed.c.id == items.c.id
    if "attempt" in items.c:
        on &= changed.c.attempts == items.c.attempt
        of_task["attempt"] = changed.c.attempts
    return with_events(changed, items, model, on=on, owner_id=changed.c.owner_id, context=of_task | context)


# What is computed for the database's own use stays there.
SHOWN: list[ColumnElement[Any]] = [
    shown for shown in Task.__table__.c if shown.name not in {"search_text", "sort_duration"}
]

_new = _items(id=Uuid(), kind=String(), params=JSONB(), owner_id=Uuid())
_stored = (
    insert(Task)
    .from_select(
        ["id", "kind", "params", "owner_id", "status", "progress", "attempts"],
        select(
            _new.c.id,
            _new.c.kind,
            _new.c.params,
            _new.c.owner_id,
            literal(TaskStatus.QUEUED.value),
            literal(0),
            literal(0),
        ),
    )
    .returning(*SHOWN)
    .cte("stored")
)
STORE = _with_events(_stored, _new, TaskSubmitted)

_wanted = _items(id=Uuid(), attempt=Integer())
_claimed = (
    update(Task.__table__)
    .where(Task.id == _wanted.c.id, Task.status.in_(may_become(TaskStatus.RUNNING)))
    .where(Task.attempts.in_((_wanted.c.attempt - 1, _wanted.c.attempt)), without_waiting_for_the_disk())
    .values(status=TaskStatus.RUNNING, attempts=_wanted.c.attempt, started_at=clock.now(), progress=0)
    .returning(clock.epoch_s(clock.now()).label("now_s"), *SHOWN)
    .cte("claimed")
)
CLAIM = _with_events(_claimed, _wanted, TaskStarted)

_ended = _items(id=Uuid(), attempt=Integer(), result=JSONB(none_as_null=True))
_finished = (
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
    .cte("finished")
)
FINISH = _with_events(_finished, _ended, TaskAnswered, duration_ms=_finished.c.duration_ms)
