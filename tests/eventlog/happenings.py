"""Events for tests, and looks into the outbox."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import text

from pingpong.eventlog.catalogue import EventContext
from pingpong.eventlog.clickhouse.target import Target
from pingpong.eventlog.ship import Shipped, ship_once
from pingpong.extensions import db

POISON = "test.poison"
POISONOUS = f"ALTER TABLE events ADD CONSTRAINT no_poison CHECK event_type != '{POISON}'"

HAPPEN = text("""
INSERT INTO event_outbox (id, event_type, version, context, environment, occurred_at)
SELECT gen_random_uuid(), :event_type, 1, jsonb_build_object('number', n), 'test',
  cast(:at AS timestamptz) + n * interval '1 microsecond'
FROM generate_series(1, :count) n
""")


class Happened(EventContext):
    """Something has happened. Not declared: it is in no catalogue."""

    event_type: ClassVar[str] = "test.happened"
    version: ClassVar[int] = 1

    value: Any = None


def happen(count: int = 1, event_type: str = "test.happened", at: datetime | None = None) -> None:
    """Have so many events happen, a microsecond after another."""
    values = {"count": count, "event_type": event_type, "at": at or datetime.now(UTC)}
    db.session.execute(HAPPEN, values)
    db.session.commit()


def ask(query: str, **values: Any) -> list[Any]:
    """The rows of a query."""
    rows = [tuple(row) for row in db.session.execute(text(query), values).all()]
    db.session.commit()
    return rows


def tell(statement: str, **values: Any) -> None:
    db.session.execute(text(statement), values)
    db.session.commit()


def lapse() -> None:
    """Let the time pass after which whoever had a batch has lost it, and all retries are due."""
    tell("UPDATE event_batches SET due_at = clock_timestamp() - interval '1 ms' WHERE shipped_at IS NULL")


def settle() -> None:
    """Let the time pass after which nothing can be under way any more; and `lapse`."""
    tell("UPDATE event_batches SET unsure_at = unsure_at - interval '1 hour' WHERE shipped_at IS NULL")
    lapse()


def ship_all(target: Target, turns: int = 200) -> list[Shipped]:
    """Ship until there is nothing left; whatever must be waited for passes at once."""
    outcomes = []
    for _ in range(turns):
        settle()
        shipped = ship_once(target)
        if shipped is None:
            return outcomes
        outcomes.append(shipped)
    raise AssertionError(f"still not shipped: {outcomes}")


def waiting() -> int:
    """Events that are in no batch."""
    return ask("SELECT count(*) FROM event_outbox WHERE batch_id IS NULL AND refusal IS NULL")[0][0]


def refused() -> list[Any]:
    """What is set aside: type and error."""
    return ask("SELECT event_type, refusal FROM event_outbox WHERE refusal IS NOT NULL ORDER BY occurred_at")


def batches() -> list[Any]:
    """All batches: how many events they really have, attempts, and whether they are shipped."""
    return ask("""
    SELECT (SELECT count(*) FROM event_outbox WHERE batch_id = b.id), attempts, shipped_at IS NOT NULL
    FROM event_batches b ORDER BY oldest_at, id""")


class Killed(BaseException):
    """The process is no more."""


class Fake:
    """A target that does what a test tells it to."""

    def __init__(self, insert: Any = None, present: Any = None) -> None:
        self.insert = insert or (lambda batch_id, rows: None)
        self.present = present or (lambda wanted: set())

    def close(self) -> None:
        """Nothing to give back."""


def raising(error: BaseException) -> Any:
    """What a target does that fails."""

    def fail(*_arguments: object) -> None:
        raise error

    return fail
