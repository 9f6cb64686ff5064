"""A batch is one shipper's until its lease ends; whoever comes too late changes nothing."""

import pytest
from flask import Flask

from pingpong.eventlog import batches as real
from pingpong.eventlog.clickhouse.refusals import Refused, Unsure
from pingpong.eventlog.contents import Contents
from pingpong.eventlog.ship import Shipped, ship_once
from pingpong.metrics.counters import EVENTS_SHIPPED
from tests.counted import Counted
from tests.eventlog.happenings import Fake, ask, batches, happen, lapse, refused, settle, tell

STATE = "SELECT attempts, due_at, sent_at IS NOT NULL, unsure_at, last_error FROM event_batches"


def taken_by_another() -> list[object]:
    """Somebody else has it now; how it stands since then."""
    lapse()
    assert real.take(10, 60)
    return ask(STATE)


@pytest.mark.parametrize("outcome", [Refused("no"), Unsure("too late")])
def test_who_has_lost_it_changes_nothing_of_it(app: Flask, outcome: Exception) -> None:
    happen(2)
    since: list[object] = []

    def insert(batch_id: object, rows: bytes) -> None:
        since.extend(taken_by_another())
        raise outcome

    ship_once(Fake(insert=insert))

    assert batches() == [(2, 2, False)]
    assert ask(STATE) == since
    assert refused() == []


def test_who_has_lost_it_sends_none_of_it_anew(app: Flask) -> None:
    happen(2)
    ship_once(Fake(insert=cannot_tell))
    settle()
    since: list[object] = []

    def present(wanted: Contents) -> set[object]:
        since.extend(taken_by_another())
        return set(wanted.ids[:1])

    ship_once(Fake(present=present))

    assert batches() == [(2, 3, False)]
    assert ask(STATE) == since


def test_what_is_in_clickhouse_is_shipped_whoever_has_it_by_now(app: Flask, counted: Counted) -> None:
    happen(2)

    ship_once(Fake(insert=lambda batch_id, rows: taken_by_another()))

    assert batches() == [(2, 2, True)]
    assert counted.of(EVENTS_SHIPPED) == 2


def test_what_two_have_shipped_is_counted_once(app: Flask, counted: Counted) -> None:
    happen(2)

    def insert(batch_id: object, rows: bytes) -> None:
        taken_by_another()
        tell("UPDATE event_batches SET shipped_at = clock_timestamp()")

    ship_once(Fake(insert=insert))

    assert counted.of(EVENTS_SHIPPED) == 0


def test_who_slept_until_another_one_had_it_sends_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(3)
    monkeypatch.setattr("pingpong.eventlog.ship.MARGIN_S", -1)  # the lease is over at once
    sent: list[bytes] = []

    def renew(batch: real.Batch, lease_s: float) -> bool:
        taken_by_another()
        return keep(batch, lease_s)

    keep = real.renew
    monkeypatch.setattr(real, "renew", renew)

    assert ship_once(Fake(insert=lambda batch_id, rows: sent.append(rows))) == Shipped(0)
    assert sent == []
    assert batches() == [(3, 2, False)]


def test_who_needed_long_keeps_it_if_nobody_else_has_taken_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(3)
    monkeypatch.setattr("pingpong.eventlog.ship.MARGIN_S", -1)

    assert ship_once(Fake()) == Shipped(3, has_more_behind=False)
    assert batches() == [(3, 1, True)]


def cannot_tell(batch_id: object, rows: bytes) -> None:
    raise Unsure("no answer")
