"""Which events are there, as ClickHouse tells it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from pingpong.eventlog.clickhouse.refusals import Unsure
from pingpong.eventlog.clickhouse.target import ClickHouse
from pingpong.eventlog.contents import Contents
from tests.eventlog.clickhouse_process import ClickHouseProcess
from tests.eventlog.happenings import ask, happen, ship_all


def test_it_tells_which_of_many_events_are_there(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    happen(4_000)
    ship_all(target)
    there = [id_ for (id_,) in ask("SELECT id FROM event_outbox")]
    elsewhere = [uuid4() for _ in range(4_000)]
    now = datetime.now(UTC)

    wanted = Contents([*elsewhere, *there], now - timedelta(days=1), now + timedelta(days=1))

    assert target.present(wanted) == set(there)


def test_the_first_and_the_last_moment_are_looked_at(target: ClickHouse) -> None:
    happen(3)
    ship_all(target)
    rows = ask("SELECT id, occurred_at FROM event_outbox ORDER BY occurred_at")
    ids: list[UUID] = [row[0] for row in rows]

    assert target.present(Contents(ids, rows[0][1], rows[-1][1])) == set(ids)


@pytest.mark.parametrize("profile", [{"limit": 1}, {"offset": 1}])
def test_the_answer_is_whole_whatever_the_profile_says(
    profile: dict[str, int], target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    happen(5)
    ship_all(target)
    there = {id_ for (id_,) in ask("SELECT id FROM event_outbox")}
    now = datetime.now(UTC)
    clickhouse.profile(**profile)

    wanted = Contents([*there], now - timedelta(days=1), now + timedelta(days=1))

    assert target.present(wanted) == there


def test_of_no_events_none_is_there(target: ClickHouse, clickhouse: ClickHouseProcess) -> None:
    clickhouse.kill()  # it need not even be asked

    assert target.present(Contents([], datetime.now(UTC), datetime.now(UTC))) == set()


def test_whether_events_are_there_is_unknown_without_an_answer(
    target: ClickHouse, clickhouse: ClickHouseProcess
) -> None:
    clickhouse.kill()

    with pytest.raises(Unsure):
        target.present(Contents([uuid4()], datetime.now(UTC), datetime.now(UTC)))
