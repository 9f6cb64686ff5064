"""The tables of submissions: entities, what they depend on, and every request that was made for them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from pingpong import clock
from pingpong.accounts.models import User
from pingpong.dsp.states import MOVES, Action, EntityStatus, Failure
from pingpong.errors import Conflict, NotFound
from pingpong.extensions import db

LONGEST_REF = 100
LONGEST_REMOTE_ID = 200
GRAPH_LOCK, SENDING_LOCK = 0x6473_7001, 0x6473_7002
"""Of Postgres' advisory locks: who changes the graph, and who is about to send."""


def _state(states: type[EntityStatus] | type[Failure] | type[Action]) -> Enum:
    """Text with a check rather than a Postgres enum: a new state is then an ordinary migration."""
    return Enum(
        states, native_enum=False, length=12, values_callable=lambda all_: [one.value for one in all_]
    )


class Entity(db.Model):  # type: ignore[name-defined]
    """Something that is to be created at the third party, and how far that is.

    Who is to send something for it holds its `claim`, and only for a while: a worker may die.
    `requested_at` is when the request of this claim left, noted before it did.
    """

    __tablename__ = "dsp_entities"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    ref: Mapped[str | None] = mapped_column(String(LONGEST_REF))
    """The owner's own name for it."""
    entity_type: Mapped[str] = mapped_column(String(50))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[EntityStatus] = mapped_column(_state(EntityStatus))
    failure: Mapped[Failure | None] = mapped_column(_state(Failure))
    blocked_reason: Mapped[str | None] = mapped_column(Text)
    """Of one that waits: what has failed that it cannot go on without."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    """Submits since a person last asked for another try."""
    polls: Mapped[int] = mapped_column(Integer, default=0)
    """How often its status was asked for."""
    failures: Mapped[int] = mapped_column(Integer, default=0)
    """Requests in a row that failed."""
    submission: Mapped[int] = mapped_column(Integer, default=1)
    """Counts what the third party is to take for separate submissions."""
    next_attempt_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_error: Mapped[str | None] = mapped_column(Text)
    remote_id: Mapped[str | None] = mapped_column(String(LONGEST_REMOTE_ID))
    may_be_there: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether something was sent under the present idempotency key: the payload stays what it is then."""
    claim: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    requested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=clock.now(), onupdate=clock.now()
    )

    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(repr(str(s)) for s in EntityStatus)})", name="dsp_status"),
        Index("dsp_entities_owner", "owner_id", "id"),
        Index("dsp_entities_owner_status", "owner_id", "status", "id"),
        Index("dsp_entities_owner_ref", "owner_id", "ref", postgresql_where=text("ref IS NOT NULL")),
        Index("dsp_entities_status", "status", "id"),
        # What is due, and what is under way: few rows, however many wait.
        Index(
            "dsp_entities_due",
            "status",
            "next_attempt_at",
            "id",
            postgresql_where=text("status IN ('pending', 'submitted')"),
        ),
        Index(
            "dsp_entities_ref_search",
            text("lower(ref)"),
            postgresql_using="gin",
            postgresql_ops={"lower(ref)": "gin_trgm_ops"},
        ),
        Index("dsp_entities_claimed", "claim", postgresql_where=text("claim IS NOT NULL")),
    )

    @classmethod
    def find(cls, entity_id: UUID, reader: User, *, lock: bool = False) -> "Entity":
        """One's own entity, or for an administrator anybody's. Raises NotFound.

        With `lock`, nobody picks or changes it before the end of the transaction.
        """
        options: dict[str, Any] = {"populate_existing": True, "with_for_update": lock or None}
        found: Entity | None = db.session.get(cls, entity_id, **options)
        if found is None or not (reader.is_admin or found.owner_id == reader.id):
            raise NotFound("There is no such entity.")
        return found

    @property
    def name(self) -> str:
        """What people call it."""
        return self.ref or str(self.id)

    @property
    def idempotency_key(self) -> str:
        """The same for all attempts at one submission, so that a lost answer does not create twice."""
        return f"{self.id}-{self.submission}"

    def become(self, status: EntityStatus) -> None:
        """Move to another status. Raises Conflict if it cannot follow."""
        if status not in MOVES[self.status]:
            raise Conflict(f"{self.name} is {self.status}: it cannot become {status}.")
        self.status = status

    @property
    def action(self) -> Action:
        """What is asked for it: once it was taken, how it stands."""
        return Action.POLL if self.remote_id else Action.SUBMIT


dependencies = Table(
    "dsp_dependencies",
    db.metadata,
    Column("entity_id", ForeignKey("dsp_entities.id", ondelete="CASCADE"), primary_key=True),
    Column("dependency_id", ForeignKey("dsp_entities.id", ondelete="CASCADE"), primary_key=True),
    CheckConstraint("entity_id <> dependency_id", name="dsp_not_itself"),
    Index("dsp_dependencies_children", "dependency_id"),
)
"""Which entity needs which other to be completed first. Without cycles: who changes it holds a lock."""


class EntityAudit(db.Model):  # type: ignore[name-defined]
    """A request that was made, and its answer. Postgres refuses to change or delete it."""

    __tablename__ = "dsp_audit"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    entity_id: Mapped[UUID] = mapped_column(ForeignKey("dsp_entities.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When the request left."""
    action: Mapped[Action] = mapped_column(_state(Action))
    attempt: Mapped[int] = mapped_column(Integer)
    method: Mapped[str] = mapped_column(String(10))
    url: Mapped[str] = mapped_column(Text)
    request: Mapped[str | None] = mapped_column(Text)
    http_status: Mapped[int | None] = mapped_column(Integer)
    response: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    backoff_secs: Mapped[float | None] = mapped_column(Float)
    """How long the next attempt has to wait because of this answer."""
    retry_after_s: Mapped[float | None] = mapped_column(Float)
    """How long the third party wants to hear nothing from anybody here."""
    error: Mapped[str | None] = mapped_column(Text)
    is_outage: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether it speaks against the third party as a whole: the circuit breaker counts these."""

    __table_args__ = (
        Index("dsp_audit_entity", "entity_id", "id"),
        Index("dsp_audit_at", "at"),
        Index("dsp_audit_silence", "at", postgresql_where=text("retry_after_s IS NOT NULL")),
    )


def lock_graph() -> None:
    """Be the only one who changes statuses by the graph, or the graph, until the end of the transaction.

    At 40 requests a minute there is no crowd; one lock for all spares every deadlock and every race between
    two that complete the last two dependencies of a third.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(GRAPH_LOCK)))


def dependency_ids(entity_ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """What each of them depends on directly, the oldest first."""
    found = select(dependencies).where(dependencies.c.entity_id.in_(entity_ids))
    by_entity: dict[UUID, list[UUID]] = {one: [] for one in entity_ids}
    for entity_id, dependency_id in db.session.execute(found.order_by(dependencies.c.dependency_id)):
        by_entity[entity_id].append(dependency_id)
    return by_entity
