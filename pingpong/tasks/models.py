"""`Task`: a row for each piece of work, and the verbs that move it through its life.

Each verb is one transaction. A verb that moves a status is one conditional UPDATE: of two workers that have
the same task, the database lets one through, and the other's update finds no row.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from flask import current_app
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column
from sqlalchemy.orm.attributes import set_committed_value
from uuid_utils.compat import uuid7

from pingpong import clock
from pingpong.errors import Conflict
from pingpong.eventlog.recording import record
from pingpong.extensions import db
from pingpong.tasks.counting import count_move
from pingpong.tasks.events import TaskSubmitted
from pingpong.tasks.idempotency import IdempotencyKey, Replay, remember
from pingpong.tasks.intents import Claim, Failure, NewTask, Outcome
from pingpong.tasks.states import OPEN, TaskStatus

# Searched as it reads: a text parameter and a textual answer without JSON's quotes and escapes.
SEARCH_TEXT = r"lower(coalesce(params ->> 'text', params::text) || E'\n' || coalesce(result #>> '{}', ''))"
DURATION_MS = "(extract(epoch from finished_at - submitted_at) * 1000)::bigint"
SORT_DURATION = f"coalesce({DURATION_MS}, {2**53})"

# Text with a check rather than a Postgres enum: a new state is then an ordinary migration.
STATUS = Enum(
    TaskStatus, native_enum=False, length=10, values_callable=lambda states: [s.value for s in states]
)


class Task(db.Model):  # type: ignore[name-defined]
    """A piece of work of any kind: what was asked, how it stands and what came of it."""

    __tablename__ = "tasks"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(String(100))
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    status: Mapped[TaskStatus] = mapped_column(STATUS, default=TaskStatus.QUEUED)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0)
    result: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    attempts_forgiven: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """Those before a person asked for another try: they no longer count against it."""
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the next attempt is to be made, after one that failed."""
    submitted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    announced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    duration_ms: Mapped[int | None] = mapped_column(BigInteger, Computed(DURATION_MS, persisted=True))
    # A task that is not finished yet sorts as the longest: a null has no place in a keyset.
    sort_duration: Mapped[int] = mapped_column(BigInteger, Computed(SORT_DURATION, persisted=True))
    search_text: Mapped[str] = deferred(mapped_column(Text, Computed(SEARCH_TEXT, persisted=True)))

    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(repr(str(s)) for s in TaskStatus)})", name="tasks_status"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="tasks_progress"),
        # The history: newest first, by duration, and either of them within one status or kind.
        Index("tasks_submitted", "submitted_at", "id"),
        Index("tasks_duration", "sort_duration", "id"),
        Index("tasks_status_submitted", "status", "submitted_at", "id"),
        Index("tasks_kind_submitted", "kind", "submitted_at", "id"),
        Index(
            "tasks_owner_submitted",
            "owner_id",
            "submitted_at",
            "id",
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
        Index(
            "tasks_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        # The rescuer: few rows, whatever the length of the history.
        Index(
            "tasks_open",
            "id",
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
        Index(
            "tasks_unannounced",
            "finished_at",
            postgresql_where=text("finished_at IS NOT NULL AND announced_at IS NULL"),
        ),
    )

    @classmethod
    def submit(
        cls,
        kind: str,
        params: dict[str, Any],
        key: IdempotencyKey | None = None,
        owner_id: UUID | None = None,
    ) -> "tuple[Self, bool]":
        """Store new work; it is not enqueued yet. Returns the task and whether it is new.

        With a key that was used before, the task of the first time comes back.
        Raises InvalidInput when the key was used for other work.
        """
        new = NewTask(uuid7(), kind, params, owner_id)
        if key is None:
            return _writes().store(new), True
        asked = {"id": new.id, "kind": kind, "params": params, "owner_id": owner_id}
        task = cls(**asked, status=TaskStatus.QUEUED, progress=0, attempts=0)
        db.session.add(task)
        db.session.flush()
        try:
            remember(key, task.id)
        except Replay as first:
            db.session.rollback()
            return db.session.get_one(cls, first.task_id), False
        record(TaskSubmitted(task_id=task.id, kind=kind), actor_id=owner_id)
        db.session.commit()
        return task, True

    @classmethod
    def claim(cls, task_id: UUID, attempt: int) -> "tuple[Self, float] | None":
        """Start an attempt. Returns the task and when it was submitted, by `time.monotonic()`, or None when
        it is not ours to do.

        The same attempt may be claimed again, by a job that was given back; an older one may not.
        """
        begun: tuple[Self, float] | None = _writes().claim(Claim(task_id, attempt))
        return begun

    def answer(self, result: Any) -> bool:  # noqa: ANN401 - any JSON value
        """Keep the answer. False when the task is no longer this attempt's to answer."""
        return self._become(_writes().finish(Outcome(self.id, self.attempts, result)))

    def fail(self, failure: Failure, retry_in_s: float | None = None) -> bool:
        """Note that this attempt failed; give up, unless there is to be another one in so many seconds.

        False when it is no longer this attempt's to fail.
        """
        return self._become(_moves().fail(self.id, self.attempts, failure, retry_in_s))

    def cancel(self) -> None:
        """Call it off. Raises Conflict when it has ended."""
        if not self._become(_moves().cancel(self.id)):
            raise Conflict("The task has ended already.")

    def retry(self) -> None:
        """Have it tried anew after it failed or was cancelled. Raises Conflict when it has not."""
        if not self._take_over(_moves().retry(self.id)):
            raise Conflict("Only a task that failed or was cancelled can be tried again.")

    def advance(self, progress: int) -> bool:
        """Note how far this attempt has come, in percent. False when it is no longer to be made."""
        return self._become(_moves().advance(self.id, self.attempts, progress))

    def _become(self, columns: Mapping[str, Any] | None) -> bool:
        """Take over what the database holds now, if the move was made, and count it."""
        is_made = self._take_over(columns)
        if is_made:
            count_move(self.kind, self.status)
        return is_made

    def _take_over(self, columns: Mapping[str, Any] | None) -> bool:
        for name, value in (columns or {}).items():
            set_committed_value(self, name, value)  # it is written already
        return columns is not None

    @property
    def tries(self) -> int:
        """The attempts that count."""
        return self.attempts - self.attempts_forgiven

    @property
    def is_open(self) -> bool:
        """Whether an answer is still to come."""
        return self.status in OPEN


def _writes() -> Any:  # noqa: ANN401 - its class imports this module
    return current_app.extensions["task_writes"]


def _moves() -> Any:  # noqa: ANN401 - a module
    from pingpong.tasks import moves  # noqa: PLC0415 - its statements are about this module's class

    return moves
