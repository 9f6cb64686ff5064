"""What arrives in ClickHouse is what was recorded, by inserts that are all or nothing."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pingpong.eventlog.clickhouse.refusals import Refused, Unsure
from pingpong.eventlog.clickhouse.target import ClickHouse, micros
from pingpong.eventlog.recording import record
from pingpong.extensions import db
from tests.eventlog.clickhouse_process import ClickHouseProcess
from tests.eventlog.happenings import Happened, ask, happen, refused, ship_all, tell

OFTEN_SEEN = [
    "",
    'it\'s "quoted" \\ and \\n not a line',
    "two\nlines\r\n\tand a tab",
    "\u2028 \u2029 \x01 \x1f \x7f",
    "Ελληνικά, 漢字, עברית, 👩‍👩‍👧, e\u0301",
    "{not: json}",
    2**63 - 1,
    -(2**63),
    2**64 - 1,
    0.1,
    -1.5e-7,
    True,
    None,
    [],
    {},
    {"": {"a b": [1, "two", None]}},
    "x" * 1_000_000,
]
TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | TEXTS,
    lambda children: st.lists(children) | st.dictionaries(TEXTS, children),
    max_leaves=20,
)
HOSTILE = {
    "insert_deduplicate": 0,
    "deduplicate_insert": "disable",
    "async_insert": 1,
    "wait_for_async_insert": 0,
    "max_insert_threads": 4,
    "max_insert_block_size": 2,
    "min_insert_block_size_rows": 1,
    "min_insert_block_size_bytes": 1,
    "min_chunk_bytes_for_parallel_parsing": 1,
    "use_strict_insert_block_limits": 1,
    "input_format_allow_errors_num": 1000,
    "input_format_allow_errors_ratio": 1,
    "timeout_overflow_mode": "break",
}


def arrived(clickhouse: ClickHouseProcess) -> list[Any]:
    contexts = clickhouse.ask("SELECT context FROM events ORDER BY occurred_at, id")
    return [json.loads(context)["value"] for (context,) in contexts]


def row(**values: Any) -> bytes:
    """A line as the shipper sends it."""
    usual = {
        "id": str(uuid4()),
        "event_type": "test.happened",
        "version": 1,
        "context": "{}",
        "environment": "test",
        "request_id": "",
        "actor_id": None,
        "occurred_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}",
    }
    return json.dumps({**usual, **values}).encode()


@pytest.mark.parametrize("value", OFTEN_SEEN, ids=lambda value: repr(value)[:20])
def test_every_value_arrives_as_it_was_recorded(
    value: object, target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    record(Happened(value=value))
    db.session.commit()

    ship_all(target)

    assert arrived(clickhouse) == [value]


@given(values=st.lists(VALUES, min_size=1, max_size=50))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_values_arrive_as_they_were_recorded(
    values: list[object], target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    clickhouse.tell("TRUNCATE TABLE events SYNC")
    tell("TRUNCATE event_outbox, event_batches")
    record(*(Happened(value=value) for value in values))
    db.session.commit()

    ship_all(target)

    assert arrived(clickhouse) == values


def test_every_column_arrives(app: Flask, target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    actor = uuid4()
    happen(1, at=datetime(2026, 11, 5, 12, 34, 56, 789_012, UTC))
    tell("UPDATE event_outbox SET actor_id = :actor, request_id = 'r-1', version = 7", actor=actor)
    (expected,) = ask("SELECT id::text, actor_id::text, occurred_at FROM event_outbox")

    ship_all(target)

    columns = (
        "id, actor_id, toUnixTimestamp64Micro(occurred_at), event_type, version, environment, request_id"
    )
    (found,) = clickhouse.ask(f"SELECT {columns} FROM events")
    assert found == [expected[0], expected[1], micros(expected[2]), "test.happened", 7, "test", "r-1"]


def test_nobody_and_no_request_arrive_as_such(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(1)

    ship_all(target)

    assert clickhouse.ask("SELECT actor_id, request_id FROM events") == [[None, ""]]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 10, 31, 23, 59, 59, 999_999, UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, 0, 1, UTC),  # clocks are set back in Europe
    ],
)
def test_a_moment_arrives_to_the_microsecond(
    moment: datetime, target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(1, at=moment - timedelta(microseconds=1))

    ship_all(target)

    assert clickhouse.ask("SELECT toUnixTimestamp64Micro(occurred_at) FROM events") == [[micros(moment)]]


def test_a_batch_is_taken_once_under_its_token(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    rows, token = row(), uuid4()

    for _ in range(3):
        target.insert(token, rows)
    assert clickhouse.counts() == (1, 1)
    target.insert(uuid4(), rows)

    assert clickhouse.counts() == (2, 1)  # it is the token that counts, not what is in it


def test_a_token_is_remembered_when_clickhouse_starts_again(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    rows, token = row(), uuid4()
    target.insert(token, rows)
    clickhouse.kill()
    clickhouse.start()

    target.insert(token, rows)

    assert clickhouse.counts() == (1, 1)


def test_the_profile_of_its_user_changes_nothing(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    known = {name for (name,) in clickhouse.ask("SELECT name FROM system.settings")}
    assert set(HOSTILE) <= known
    clickhouse.profile(**HOSTILE)
    rows, token = b"\n".join(row() for _ in range(100)), uuid4()

    target.insert(token, rows)
    target.insert(token, rows)

    assert clickhouse.counts() == (100, 100)
    parts = "SELECT count() FROM system.parts WHERE table = 'events' AND active AND database = 'default'"
    assert clickhouse.ask(parts) == [[1]]


@pytest.mark.parametrize("position", [0, 50, 99])
def test_an_insert_is_all_or_nothing_whatever_the_profile_says(
    position: int, target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    clickhouse.profile(**HOSTILE)
    rows = [row() for _ in range(100)]
    rows[position] = row(version=-1)

    with pytest.raises(Refused):
        target.insert(uuid4(), b"\n".join(rows))

    assert clickhouse.counts() == (0, 0)


@pytest.mark.parametrize(
    "bad",
    [{"version": -1}, {"version": "x"}, {"id": "x"}, {"occurred_at": "yesterday"}],
)
def test_a_row_that_cannot_be_read_is_refused_without_quoting_it(
    bad: dict[str, Any], target: ClickHouse
) -> None:
    with pytest.raises(Refused) as refusal:
        target.insert(uuid4(), row(**{"context": '{"value": "secret"}', "environment": "secret", **bad}))

    assert "secret" not in str(refusal.value)
    assert str(refusal.value).startswith("Code ")


def test_an_event_type_that_cannot_be_inserted_is_set_aside_by_itself(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(20)
    tell("UPDATE event_outbox SET version = -1 WHERE context->'number' = '13'")

    ship_all(target)

    assert clickhouse.counts() == (19, 19)
    assert refused() == [("test.happened", "Code 72, CANNOT_PARSE_NUMBER")]


def test_a_missing_table_is_not_the_datas_fault(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    clickhouse.tell("DROP TABLE events SYNC")

    with pytest.raises(Unsure, match="UNKNOWN_TABLE"):
        target.insert(uuid4(), row())


def test_a_time_out_is_one_for_the_whole_insert(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    clickhouse.breaks("hang_before")
    began_at_s = time.monotonic()

    with pytest.raises(Unsure, match="timed out"):
        target.insert(uuid4(), row())

    assert time.monotonic() - began_at_s < 5
    clickhouse.mends()


def test_a_server_that_is_away_is_told_in_few_words(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    clickhouse.kill()

    with pytest.raises(Unsure) as error:
        target.insert(uuid4(), row())

    assert "Connection refused" in str(error.value)
    assert "max_execution_time" not in str(error.value)


@pytest.mark.parametrize("url", ["clickhouse://127.0.0.1:1", "clickhouse://u:secret@127.0.0.1:1/events"])
def test_a_server_that_cannot_be_reached_is_told_without_its_password(url: str) -> None:
    with pytest.raises(Unsure) as error:
        ClickHouse(url, 1)

    assert "secret" not in str(error.value)
