"""Idempotency keys: a submit that is repeated, because its answer was lost, returns the first task.

After the IETF draft "The Idempotency-Key HTTP Header Field".
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, String, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pingpong import clock
from pingpong.errors import InvalidInput
from pingpong.extensions import db, settings

SANE_KEY = re.compile(r"^[!-~]{1,255}$")
FORGET_AT_MOST = 10_000
LONGEST_SCOPE = 100


def user_scope(user_id: UUID) -> str:
    """The scope of a person's own keys."""
    return f"user:{user_id}"


class Replay(Exception):
    """The key was used before, for the same work."""

    def __init__(self, task_id: UUID) -> None:
        super().__init__(str(task_id))
        self.task_id = task_id


@dataclass(frozen=True)
class IdempotencyKey:
    """A client's key, within its user's or address' own scope, and a digest of the work it stands for."""

    scope: str
    key: str
    fingerprint: str

    @classmethod
    def parse(
        cls, header: str | None, scope: str, kind: str, params: dict[str, Any]
    ) -> "IdempotencyKey | None":
        """Read the header; None when there is none. Raises InvalidInput for a key of another form."""
        if header is None:
            return None
        if not SANE_KEY.fullmatch(header):
            raise InvalidInput.of(**{"Idempotency-Key": "must be 1 to 255 visible ASCII characters"})
        work = json.dumps([kind, params], sort_keys=True).encode()
        return cls(scope, header, hashlib.sha256(work).hexdigest())


class UsedKey(db.Model):  # type: ignore[name-defined]
    """A key that was used, and for which task."""

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(String(LONGEST_SCOPE), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())

    __table_args__ = (Index("idempotency_keys_task", "task_id"), Index("idempotency_keys_used", "used_at"))


def remember(key: IdempotencyKey, task_id: UUID) -> None:
    """Take the key for a task, in the caller's transaction.

    A second transaction with the same key waits here for the first. Raises Replay when the key stands for the
    same work already, InvalidInput when it stands for other work.
    """
    new = {"scope": key.scope, "key": key.key, "fingerprint": key.fingerprint, "task_id": task_id}
    statement = insert(UsedKey).values(new)
    statement = statement.on_conflict_do_update(
        index_elements=[UsedKey.scope, UsedKey.key],
        set_={**new, "used_at": clock.now()},
        where=UsedKey.used_at < _expiry(),
    )
    if db.session.execute(statement.returning(UsedKey.task_id)).first():
        return
    used = db.session.get_one(UsedKey, (key.scope, key.key))
    if used.fingerprint != key.fingerprint:
        db.session.rollback()
        raise InvalidInput.of(**{"Idempotency-Key": "was used before with another body"})
    raise Replay(used.task_id)


def forget_expired() -> int:
    """Delete some of the keys that no longer count; returns how many."""
    expired = (
        db.select(UsedKey.scope, UsedKey.key)
        .where(UsedKey.used_at < _expiry())
        .limit(FORGET_AT_MOST)
        .subquery()
    )
    forgotten = db.session.scalars(
        delete(UsedKey)
        .where(UsedKey.scope == expired.c.scope, UsedKey.key == expired.c.key)
        .returning(UsedKey.key)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return len(forgotten)


def _expiry() -> Any:  # noqa: ANN401 - a SQL expression
    return clock.now() - timedelta(seconds=settings.idempotency_ttl_s)
