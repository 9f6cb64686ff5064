"""Where events are shipped to: a ClickHouse server, or the embedded engine, through the same client."""

from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from clickhouse_connect import get_client
from clickhouse_connect.driver.exceptions import ClickHouseError

from pingpong.eventlog.clickhouse.evolving import evolve
from pingpong.eventlog.clickhouse.refusals import Unsure, meaning
from pingpong.eventlog.contents import THE_BEGINNING, Contents

COLUMNS = (
    "id",
    "event_type",
    "version",
    "context",
    "environment",
    "request_id",
    "actor_id",
    "occurred_at",
)


# Partitions of other months are not looked at.
PRESENT = """
SELECT id FROM events WHERE id IN {ids: Array(UUID)} AND occurred_at BETWEEN
  fromUnixTimestamp64Micro({oldest_us: Int64}) AND fromUnixTimestamp64Micro({newest_us: Int64})
"""


class Target(Protocol):
    """Takes batches, each once however often it is sent."""

    def insert(self, batch_id: UUID, rows: bytes) -> None:
        """Insert rows, one JSON object a line. Raises Refused or Unsure."""

    def present(self, wanted: Contents) -> set[UUID]:
        """Which of these events are there. Raises Unsure."""


class ClickHouse:
    """A server (`clickhouse://…`) or a folder (`chdb:///…`), with the table brought up to date."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Raises Unsure when it cannot be reached."""
        try:
            self._client: Any = get_client(dsn=url, **_options(url, timeout_s))
            evolve(self._client)
        except (ClickHouseError, OSError, ValueError, RuntimeError) as error:
            raise meaning(error) from error
        self._timeout_s = timeout_s

    def insert(self, batch_id: UUID, rows: bytes) -> None:
        """Insert a batch under its token: once, however often it is sent. Raises Refused or Unsure."""
        try:
            self._client.raw_insert(
                "events", COLUMNS, insert_block=rows, settings=self._settings(batch_id), fmt="JSONEachRow"
            )
        except (ClickHouseError, OSError, ValueError) as error:
            raise meaning(error) from error

    def present(self, wanted: Contents) -> set[UUID]:
        """Which of these events are there. Raises Unsure."""
        values = {
            "ids": wanted.ids,
            "oldest_us": micros(wanted.oldest_at),
            "newest_us": micros(wanted.newest_at),
        }
        try:
            return {row[0] for row in self._client.query(PRESENT, parameters=values).result_rows}
        except (ClickHouseError, OSError, ValueError) as error:
            raise Unsure(str(meaning(error))) from error

    def close(self) -> None:
        """Give back what it holds."""
        self._client.close()

    def _settings(self, batch_id: UUID) -> dict[str, Any]:
        return {
            "insert_deduplicate": 1,
            "insert_deduplication_token": str(batch_id),
            # An answer says that the rows are there, not that they will be.
            "async_insert": 0,
            # What we no longer wait for ends there, too.
            "max_execution_time": self._timeout_s,
        }


def _options(url: str, timeout_s: float) -> dict[str, Any]:
    if url.startswith("chdb:"):
        return {}
    return {
        "interface": "https" if url.startswith("clickhouses:") else None,  # otherwise the port decides
        "connect_timeout": timeout_s,
        "send_receive_timeout": timeout_s,
        # A session is locked while it has a request under way, perhaps one that we no longer wait for.
        "autogenerate_session_id": False,
        "query_retries": 0,
        "dedicated_pool": True,
    }


def micros(moment: datetime) -> int:
    """Microseconds since 1970, without a float's rounding."""
    return (moment - THE_BEGINNING) // timedelta(microseconds=1)
