"""What goes into a batch, who has it, and for how long."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text
from sqlalchemy.event import listen, remove

from pingpong.eventlog import batches as making
from pingpong.eventlog.batches import Batch, among, mark_shipped, postpone, take, take_apart
from pingpong.eventlog.models import OutboxEvent
from pingpong.eventlog.recording import recording
from pingpong.extensions import db
from tests.conftest import changed
from tests.eventlog.happenings import Happened, ask, batches, happen, lapse, tell, waiting
from tests.zones import in_zone

LEASE_S = 60.0


def taken(most: int = 100) -> Batch:
    batch = take(most, LEASE_S)
    assert batch
    return batch


@pytest.fixture
def elsewhere(app: Flask) -> Iterator[Callable[..., object]]:
    """Do something in a session of another thread's, as another process would."""

    def do_elsewhere(verb: Callable[..., object], *arguments: object) -> object:
        outcome: list[object] = []

        def do() -> None:
            with app.app_context():
                outcome.append(verb(*arguments))

        thread = threading.Thread(target=do)
        thread.start()
        thread.join(20)
        return outcome[0]

    yield do_elsewhere


def test_a_batch_has_the_oldest_events_up_to_a_number(app: Flask) -> None:
    now = datetime.now(UTC)
    happen(3, "test.younger", now)
    happen(3, "test.older", now - timedelta(seconds=1))

    batch = taken(most=4)

    types = ask("SELECT event_type FROM event_outbox WHERE batch_id = :id ORDER BY occurred_at", id=batch.id)
    assert types == [("test.older",)] * 3 + [("test.younger",)]
    assert waiting() == 2


def test_nothing_to_ship_makes_no_batch(app: Flask) -> None:
    assert take(10, LEASE_S) is None
    assert batches() == []


@pytest.mark.parametrize("month_starts", ["2026-03-01T00:00:00+00:00", "2026-10-01T00:00:00+00:00"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_a_batch_stays_within_a_month_of_utc(app: Flask, month_starts: str, zone: str) -> None:
    start = datetime.fromisoformat(month_starts)
    of_batch = "SELECT count(*), min(occurred_at) >= :start FROM event_outbox WHERE batch_id = :id"
    with in_zone(zone):  # where it is another month already, or still
        happen(2, at=start - timedelta(microseconds=3))  # the last two microseconds of the month before
        happen(2, at=start - timedelta(microseconds=1))

        first, second = taken(), taken()

        assert ask(of_batch, id=first.id, start=start) == [(2, False)]
        assert ask(of_batch, id=second.id, start=start) == [(2, True)]
        assert take(10, LEASE_S) is None


def test_two_who_take_at_once_get_different_events(app: Flask, elsewhere: Callable[..., object]) -> None:
    happen(10)
    mine = making._freeze(4, LEASE_S)  # not committed

    theirs = elsewhere(take, 4, LEASE_S)

    assert mine
    assert isinstance(theirs, Batch)
    db.session.commit()
    assert [row[0] for row in batches()] == [4, 4]
    assert waiting() == 2


def test_who_takes_does_not_wait_for_who_records(app: Flask, elsewhere: Callable[..., object]) -> None:
    happen(1)
    db.session.execute(recording(Happened()))  # not committed

    batch = elsewhere(take, 10, LEASE_S)

    assert isinstance(batch, Batch)
    db.session.commit()
    assert waiting() == 1


def test_an_event_that_is_committed_late_is_not_skipped(app: Flask, elsewhere: Callable[..., object]) -> None:
    with db.engine.connect() as late:
        late.execute(recording(Happened(value="late")))
        happen(2, at=datetime.now(UTC) + timedelta(seconds=1))
        mark_shipped(taken())
        assert waiting() == 0
        late.commit()

    batch = taken()

    assert ask("SELECT context->>'value' FROM event_outbox WHERE batch_id = :id", id=batch.id) == [("late",)]


def test_a_batch_belongs_to_one_until_its_lease_ends(app: Flask) -> None:
    happen(3)
    first = taken()

    assert take(10, LEASE_S) is None
    lapse()
    again = taken()

    assert again.id == first.id
    assert (first.attempts, again.attempts) == (1, 2)


def test_who_takes_over_knows_that_something_may_be_under_way(app: Flask) -> None:
    happen(3)
    assert taken().unsure_at is None
    lapse()

    assert taken().unsure_at is not None


def test_a_batch_that_is_due_comes_before_a_new_one(app: Flask) -> None:
    happen(3)
    first = taken()
    postpone(first, 0, "away", is_unsure=True)
    happen(3)

    second, third = taken(), taken()

    assert second.id == first.id
    assert third.id != first.id


def test_a_postponed_batch_is_left_alone_until_it_is_due(app: Flask) -> None:
    happen(3)
    postpone(taken(), 3600, "away", is_unsure=False)

    assert take(10, LEASE_S) is None
    assert ask("SELECT last_error, sent_at, unsure_at FROM event_batches") == [("away", None, None)]


def test_an_outcome_that_was_heard_leaves_nothing_under_way(app: Flask) -> None:
    happen(3)
    postpone(taken(), 0, "refused", is_unsure=False)

    assert taken().unsure_at is None


def test_a_shipped_batch_is_never_taken_again(app: Flask) -> None:
    happen(3)
    mark_shipped(taken())
    lapse()

    assert take(10, LEASE_S) is None


def test_halves_keep_the_order_and_lose_nobody(app: Flask) -> None:
    happen(5)
    take_apart(taken(), "refused")

    numbers = """SELECT array_agg(context->'number' ORDER BY occurred_at)::text FROM event_outbox
    GROUP BY batch_id ORDER BY min(occurred_at)"""
    assert ask(numbers) == [("{1,2}",), ("{3,4,5}",)]
    assert batches() == [(2, 0, False), (3, 0, False)]


def test_any_number_of_events_can_be_named_in_a_statement(app: Flask) -> None:
    happen(2)
    (there,) = ask("SELECT array_agg(id) FROM event_outbox")[0]
    elsewhere = [uuid4() for _ in range(100_000)]

    found = db.session.scalars(select(OutboxEvent.id).where(among([*elsewhere, *there]))).all()

    assert set(found) == set(there)


def test_a_single_event_is_set_aside_with_the_reason(app: Flask) -> None:
    happen(1)

    take_apart(taken(), "Code 469")

    assert ask("SELECT refusal, batch_id FROM event_outbox") == [("Code 469", None)]
    assert batches() == []
    assert take(10, LEASE_S) is None


@pytest.mark.parametrize(
    ("most", "most_bytes", "is_last"), [(4, 10**6, True), (3, 10**6, False), (4, 1, False)]
)
def test_a_batch_of_all_that_waited_says_so(app: Flask, most: int, most_bytes: int, is_last: bool) -> None:
    happen(3)

    with changed(app, eventlog_batch_bytes=most_bytes):
        batch = take(most, LEASE_S)

    assert batch.is_last is is_last


def test_what_is_large_fills_a_batch_sooner(app: Flask) -> None:
    happen(5)

    with changed(app, eventlog_batch_bytes=1):
        sizes = [take(10, 60) and waiting() for _ in range(6)]

    assert sizes == [4, 3, 2, 1, 0, None]  # the first is taken however large it is


@pytest.mark.parametrize("is_new", [True, False])
def test_that_it_is_taken_is_on_the_disk_whatever_the_database_is_set_to(app: Flask, is_new: bool) -> None:
    happen(1)
    if not is_new:
        taken()
        lapse()
    seen: list[str] = []

    def look(connection: Connection) -> None:
        seen.append(connection.exec_driver_sql("SHOW synchronous_commit").scalar_one())

    db.session.execute(text("SET LOCAL synchronous_commit = off"))
    listen(db.engine, "commit", look)
    taken()
    remove(db.engine, "commit", look)

    assert seen == ["on"]


def test_what_was_shipped_is_not_read_again_however_much_it_is(app: Flask) -> None:
    happen(20_000)
    tell("ANALYZE event_outbox")  # from now on, the planner believes that all of them wait
    tell("UPDATE event_outbox SET batch_id = gen_random_uuid()")
    happen(2)

    values = {"batch_id": uuid4(), "most": 10_000, "most_bytes": 10**6, "lease": timedelta(seconds=1)}
    plan = (
        db.session.execute(text(f"EXPLAIN (ANALYZE, BUFFERS) {making.FREEZE.text}"), values).scalars().all()
    )
    db.session.rollback()

    assert not [line for line in plan if "Seq Scan" in line or "Rows Removed by Filter" in line]
