"""The loop around shipping: how long it pauses, and that nothing which others break ends it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from pingpong.eventlog.clickhouse.refusals import Refused, Unsure
from pingpong.eventlog.clickhouse.target import Target
from pingpong.eventlog.shipper import Pause, Shipper
from pingpong.extensions import db
from tests.conftest import changed
from tests.eventlog.happenings import Fake, ask, batches, happen, lapse, raising, tell, waiting

GATHER_S, LOOK_S, CAP_S = 0.25, 7.0, 100.0


@pytest.fixture
def paced(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever draws a wait draws the longest possible."""
    for module in ("shipper", "ship"):
        monkeypatch.setattr(
            f"pingpong.eventlog.{module}.full_jitter_s",
            lambda base_s, cap_s, failures: min(cap_s, base_s * 2 ** (failures - 1)),
        )
    with changed(
        app,
        clickhouse_url="clickhouse://elsewhere",
        eventlog_gather_s=GATHER_S,
        eventlog_look_every_s=LOOK_S,
        eventlog_backoff_base_s=1,
        eventlog_backoff_cap_s=CAP_S,
        eventlog_batch=10,
    ):
        yield


def shipper_to(target: Target) -> Shipper:
    return Shipper(lambda: target)


@pytest.mark.usefixtures("paced")
def test_when_all_is_shipped_it_waits_for_news() -> None:
    assert shipper_to(Fake()).run_once() == Pause(LOOK_S, ends_with_news=True)


@pytest.mark.usefixtures("paced")
def test_after_a_batch_that_is_not_full_it_lets_the_next_one_fill_up() -> None:
    happen(3)

    assert shipper_to(Fake()).run_once() == Pause(GATHER_S, ends_with_news=False)


@pytest.mark.usefixtures("paced")
def test_after_a_full_batch_it_goes_on_at_once() -> None:
    happen(11)

    assert shipper_to(Fake()).run_once() == Pause(0, ends_with_news=False)


@pytest.mark.usefixtures("paced")
def test_after_a_batch_that_was_full_by_its_size_it_goes_on_at_once(app: Flask) -> None:
    happen(3)

    with changed(app, eventlog_batch_bytes=1):
        assert shipper_to(Fake()).run_once() == Pause(0, ends_with_news=False)


@pytest.mark.usefixtures("paced")
@pytest.mark.parametrize("is_open", [True, False])
def test_while_clickhouse_is_away_what_was_shipped_long_ago_is_removed(is_open: bool) -> None:
    happen(2)
    shipper_to(Fake()).run_once()
    tell("UPDATE event_batches SET shipped_at = '2020-01-01'")
    happen(1)

    shipper = Shipper(lambda: Fake(raising(Unsure("away"))) if is_open else raising(Unsure("away"))())

    assert shipper.run_once() == Pause(1, ends_with_news=False)
    assert ask("SELECT count(*) FROM event_outbox") == [(1,)]


@pytest.mark.usefixtures("paced")
def test_after_a_batch_that_had_failed_it_goes_on_at_once() -> None:
    happen(3)
    shipper_to(Fake(raising(Unsure("away")))).run_once()
    lapse()

    shipper = shipper_to(Fake(present=lambda wanted: set(wanted.ids)))

    assert shipper.run_once() == Pause(0, ends_with_news=False)


@pytest.mark.usefixtures("paced")
def test_each_failure_in_a_row_makes_it_wait_for_longer_whichever_batch_it_was() -> None:
    shipper = shipper_to(Fake(raising(Unsure("away"))))

    pauses = []
    for _ in range(10):
        happen(1)  # the failed ones are not due: this one is a batch of its own
        pauses.append(shipper.run_once().seconds)

    assert pauses == [1, 2, 4, 8, 16, 32, 64, CAP_S, CAP_S, CAP_S]


@pytest.mark.usefixtures("paced")
def test_a_success_ends_the_row_of_failures() -> None:
    target = Fake(raising(Unsure("away")))
    shipper = shipper_to(target)
    happen(1)
    shipper.run_once()
    target.insert = lambda batch_id, rows: None
    happen(1)
    shipper.run_once()

    target.insert = raising(Unsure("away"))
    happen(1)

    assert shipper.run_once() == Pause(1, ends_with_news=False)


@pytest.mark.usefixtures("paced")
def test_batches_that_keep_failing_do_not_hold_up_the_others() -> None:
    def insert(batch_id: object, rows: bytes) -> None:
        if b"test.stuck" in rows:
            raise Unsure("a view fails")

    shipper = shipper_to(Fake(insert))
    for _ in range(4):
        happen(1, "test.stuck")
        shipper.run_once()

    happen(5)
    for _ in range(2):
        lapse()  # all that failed is due
        shipper.run_once()

    assert [batch for batch in batches() if batch[2]] == [(5, 1, True)]
    assert sum(attempts for _, attempts, _ in batches()) == 4 + 2  # and those that fail have their turns


@pytest.mark.usefixtures("paced")
def test_a_refusal_makes_nobody_wait() -> None:
    happen(2)
    target = Fake(raising(Refused("no")), present=lambda wanted: set(wanted.ids))

    assert shipper_to(target).run_once() == Pause(0, ends_with_news=False)


@pytest.mark.usefixtures("paced")
def test_a_clickhouse_that_cannot_be_opened_is_tried_again_later_and_later() -> None:
    def open_nothing() -> Target:
        raise Unsure("no such host")

    shipper = Shipper(open_nothing)
    happen(1)

    assert [shipper.run_once().seconds for _ in range(3)] == [1, 2, 4]
    assert waiting() == 1  # nothing is frozen, so that one large batch goes when it is back


@pytest.mark.usefixtures("paced")
def test_clickhouse_is_opened_once() -> None:
    opened = []

    def open_target() -> Target:
        opened.append(1)
        return Fake()

    shipper = Shipper(open_target)
    shipper.run_once()
    shipper.run_once()

    assert len(opened) == 1


@pytest.mark.usefixtures("paced")
def test_a_postgres_that_goes_away_meanwhile_ends_nothing() -> None:
    happen(2)

    def insert(batch_id: object, rows: bytes) -> None:
        db.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    shipper = shipper_to(Fake(insert))

    assert shipper.run_once() == Pause(1.0, ends_with_news=False)
    lapse()
    shipper_to(Fake(present=lambda wanted: set(wanted.ids))).run_once()
    assert batches() == [(2, 2, True)]


@pytest.mark.usefixtures("paced")
def test_what_is_old_is_removed_though_there_is_always_something_new(app: Flask) -> None:
    happen(1, at=datetime.now(UTC) - timedelta(days=9))
    shipper = shipper_to(Fake())
    shipper.run_once()
    db.session.execute(text("UPDATE event_batches SET shipped_at = shipped_at - interval '8 days'"))
    happen(1)

    assert shipper.run_once() == Pause(GATHER_S, ends_with_news=False)

    assert ask("SELECT count(*) FROM event_outbox") == [(1,)]


def test_without_clickhouse_events_wait_in_postgres(app: Flask) -> None:
    happen(3)

    with changed(app, clickhouse_url="", eventlog_look_every_s=LOOK_S):
        pause = Shipper(None).run_once()

    assert pause == Pause(LOOK_S, ends_with_news=False)
    assert waiting() == 3


@pytest.mark.usefixtures("paced")
def test_clickhouse_is_opened_anew_when_it_has_failed_again(app: Flask) -> None:
    happen(3)
    opened: list[Fake] = []

    def open_target() -> Fake:
        gone = Fake(raising(Unsure("no such table")))
        opened.append(Fake(present=lambda wanted: set(wanted.ids)) if opened else gone)
        return opened[-1]

    shipper = Shipper(open_target)
    for _ in range(3):
        shipper.run_once()
        lapse()

    assert len(opened) == 2
    assert batches() == [(3, 3, True)]


@pytest.mark.usefixtures("paced")
def test_what_is_wrong_with_the_program_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(target: Target, *, new_first: bool) -> None:
        raise ProgrammingError("SELECT", {}, Exception("no such column"))

    monkeypatch.setattr("pingpong.eventlog.shipper.ship_once", broken)

    with pytest.raises(ProgrammingError):
        shipper_to(Fake()).run_once()
