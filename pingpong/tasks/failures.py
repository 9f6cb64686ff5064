"""The attempts that failed: each with its words, and for administrators with its stack."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Integer, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from pingpong import clock
from pingpong.extensions import db, release


class TaskFailure(db.Model):  # type: ignore[name-defined]
    """An attempt that failed."""

    __tablename__ = "task_failures"

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    failed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    error: Mapped[str] = mapped_column(Text)
    trace: Mapped[str | None] = mapped_column(Text)


def failures_of(task_id: UUID) -> Sequence[TaskFailure]:
    """A task's failed attempts, in their order."""
    found = select(TaskFailure).where(TaskFailure.task_id == task_id).order_by(TaskFailure.attempt)
    failures = db.session.scalars(found).all()
    release()
    return failures
