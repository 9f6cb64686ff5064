"""Opening ClickHouse, if there is one. Only here its client is imported: most processes never need it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pingpong.settings import Settings

if TYPE_CHECKING:
    from pingpong.eventlog.clickhouse.target import ClickHouse


def opener(settings: Settings) -> "Callable[[], ClickHouse] | None":
    """What opens `CLICKHOUSE_URL`, raising Unsure when it cannot; None if none is set."""
    if not settings.clickhouse_url:
        return None

    def open_clickhouse() -> "ClickHouse":
        from pingpong.eventlog.clickhouse.target import ClickHouse  # noqa: PLC0415 - 20 MB

        return ClickHouse(settings.clickhouse_url, settings.clickhouse_timeout_s)

    return open_clickhouse
