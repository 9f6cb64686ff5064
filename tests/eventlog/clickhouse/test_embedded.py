"""The embedded engine, which need not be installed."""

import sys
from pathlib import Path

import pytest

from pingpong.eventlog.clickhouse.refusals import Unsure
from pingpong.eventlog.clickhouse.target import ClickHouse


def test_without_its_package_it_is_away_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if "chdb" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "chdb", None)

    with pytest.raises(Unsure, match=r"^chdb:// needs the package chdb-core$"):
        ClickHouse(f"chdb://{tmp_path}/events", 1)
