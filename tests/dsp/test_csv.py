"""Entities as CSV."""

import csv
import io

import pytest

from pingpong.dsp.states import EntityStatus
from tests.dsp.looking import made, put
from tests.people import SomeOne, some_one


@pytest.fixture
def ada(app) -> SomeOne:
    return some_one(app)


def rows(person: SomeOne, query: str = "") -> list[dict[str, str]]:
    """The lines of the file, by the names in its head."""
    response = person.browser.get(f"/dsp/entities.csv{query}")
    assert (response.status_code, response.mimetype) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def test_the_csv_holds_every_entity_that_one_may_see(app, ada):
    parent, child = made(ada, "parent", "child", child=["@parent"])
    made(some_one(app), "his")

    newest, oldest = rows(ada)

    assert (newest["id"], newest["ref"], newest["status"]) == (str(child), "child", "waiting")
    assert newest["depends_on"] == str(parent)
    assert newest["payload"] == "{}"
    assert oldest["ref"] == "parent"
    assert oldest["next_attempt_at"].endswith("Z")
    assert [row["ref"] for row in rows(some_one(app, is_admin=True))] == ["his", "child", "parent"]


def test_the_csv_holds_what_the_filters_let_through(ada):
    first, _ = made(ada, "first", "second")
    put(first, status=EntityStatus.FAILED)

    assert [row["ref"] for row in rows(ada, "?status=failed")] == ["first"]
    assert [row["ref"] for row in rows(ada, "?q=sec")] == ["second"]


def test_the_csv_comes_in_batches(ada, monkeypatch):
    made(ada, *(f"one-{number}" for number in range(7)))
    monkeypatch.setattr("pingpong.dsp.reading.EXPORT_BATCH", 2)
    monkeypatch.setattr("pingpong.csv_lines.LINES_PER_CHUNK", 3)

    assert [row["ref"] for row in rows(ada)] == [f"one-{number}" for number in range(6, -1, -1)]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\N{FULLWIDTH EQUALS SIGN}"])
def test_no_spreadsheet_takes_what_the_third_party_says_for_a_formula(ada, begin):
    (id_,) = made(ada, "one")
    put(id_, last_error=f"{begin}HYPERLINK()", remote_id=f"{begin}1", blocked_reason=f"{begin}2")

    (row,) = rows(ada)

    assert row["last_error"] == f"'{begin}HYPERLINK()"
    assert (row["remote_id"], row["blocked_reason"]) == (f"'{begin}1", f"'{begin}2")


def test_a_bad_filter_is_refused_before_anything_is_sent(ada):
    assert ada.browser.get("/dsp/entities.csv?status=asleep").status_code == 422
