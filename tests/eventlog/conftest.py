"""A real ClickHouse for each test process, and an outbox whose retries come soon."""

from collections.abc import Iterator

import pytest
from flask import Flask

from pingpong.eventlog.clickhouse.target import ClickHouse
from tests.conftest import changed
from tests.eventlog.clickhouse_process import ClickHouseProcess

TIMEOUT_S = 3


@pytest.fixture(scope="session")
def _clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseProcess]:
    process = ClickHouseProcess(tmp_path_factory.mktemp("clickhouse"))
    yield process
    process.kill()


@pytest.fixture
def clickhouse(_clickhouse: ClickHouseProcess) -> ClickHouseProcess:
    """It runs, all is well, and nobody has opened it yet."""
    _clickhouse.renew()
    return _clickhouse


@pytest.fixture
def target(app: Flask, clickhouse: ClickHouseProcess) -> Iterator[ClickHouse]:
    """It is open, and who ships to it is impatient."""
    values = {
        "clickhouse_timeout_s": TIMEOUT_S,
        "clickhouse_url": clickhouse.url,
        "eventlog_gather_s": 0,
        "eventlog_backoff_base_s": 0.001,
        "eventlog_backoff_cap_s": 0.001,
    }
    with changed(app, **values):
        opened = ClickHouse(clickhouse.url, TIMEOUT_S)
        yield opened
        opened.close()
