"""Shipping from the shell ends, and leaves nothing that waited when it began."""

from datetime import timedelta

from pingpong.eventlog.clickhouse.refusals import Refused, Unsure
from pingpong.ops.eventlog.shipping import ship_what_waits
from tests.conftest import changed
from tests.eventlog.happenings import Fake, happen, lapse, refused, waiting
from tests.ops.eventlog.looking import NOON, happened, series

MOST = 20


def test_it_ends_though_events_keep_coming(app):
    inserts = []

    def insert(_batch_id, rows) -> None:
        assert len(inserts) < MOST, "it does not end"
        inserts.append(rows.count(b"\n") + 1)
        happen(5)

    happen(5)
    with changed(app, eventlog_batch=2):
        shipped = ship_what_waits(Fake(insert))

    assert 5 <= shipped == sum(inserts) <= 6
    assert waiting() == 5 + 5 * len(inserts) - shipped


def test_what_happened_in_other_months_is_shipped_too(app):
    for months in range(3):
        happened(at=NOON + months * timedelta(days=31))

    assert ship_what_waits(Fake()) == 3


def test_batches_that_are_due_again_are_shipped_too(app):
    series(3)
    assert ship_what_waits(Fake(raising(Unsure("away")))) == 0
    lapse()

    assert ship_what_waits(Fake(present=lambda wanted: set(wanted.ids))) == 3


def test_nothing_waits(app):
    assert ship_what_waits(Fake()) == 0


def test_what_is_refused_does_not_keep_the_others_back(app):
    series(4)

    def insert(_batch_id, rows) -> None:
        if b'"number": 2' in rows.replace(b"\\", b""):
            raise Refused("no")

    assert ship_what_waits(Fake(insert)) == 3
    assert len(refused()) == 1


def raising(error: Exception):
    def insert(_batch_id, _rows) -> None:
        raise error

    return insert
