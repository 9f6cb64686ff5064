"""Where events are shipped to: a ClickHouse server, or the embedded engine, through the same client."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, cast
from uuid import UUID

from clickhouse_connect import get_client
from clickhouse_connect.driver.exceptions import ClickHouseError

from pingpong.eventlog.clickhouse.evolving import evolve, warn_if_unprotected
from pingpong.eventlog.clickhouse.exact import insert_settings, query_settings
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
FAILURES = (ClickHouseError, OSError, ValueError, RuntimeError)
CONNECT_WITHIN_S = 10
IDS_AT_ONCE = 1_000
"""A server takes no parameter of more than 128 KiB (`http_max_field_value_size`)."""

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

    def close(self) -> None:
        """Give back what it holds."""


class ClickHouse:
    """A server (`clickhouse://…`) or a folder (`chdb:///…`), with the table brought up to date."""

    def __init__(self, url: str, timeout_s: int) -> None:
        """Raises Unsure when it cannot be reached."""
        self._timeout_s = timeout_s
        try:
            self._client = cast("Any", get_client(dsn=url, **_options(url, timeout_s)))
        except ImportError as error:  # so that whoever opens it waits, as for a server that is away
            raise Unsure("chdb:// needs the package chdb-core") from error
        except FAILURES as error:
            raise Unsure(str(meaning(error))) from error
        try:
            self._client.http_retries = 0  # urllib3 would connect once more, for as long again
            evolve(self._client)
            warn_if_unprotected(self._client)
        except FAILURES as error:
            self.close()
            raise Unsure(str(meaning(error))) from error

    def insert(self, batch_id: UUID, rows: bytes) -> None:
        """Insert a batch under its token: once, however often it is sent. Raises Refused or Unsure."""
        settings = insert_settings(batch_id, self._timeout_s, self._client.server_settings)
        try:
            self._client.raw_insert("events", COLUMNS, rows, settings, "JSONEachRow")
        except FAILURES as error:
            raise meaning(error) from error

    def present(self, wanted: Contents) -> set[UUID]:
        """Which of these events are there. Raises Unsure."""
        starts = range(0, len(wanted.ids), IDS_AT_ONCE)
        try:
            parts = [self._present(wanted, wanted.ids[start : start + IDS_AT_ONCE]) for start in starts]
        except FAILURES as error:
            raise Unsure(str(meaning(error))) from error
        return set().union(*parts)

    def close(self) -> None:
        """Give back what it holds."""
        self._client.close()

    def _present(self, wanted: Contents, ids: Sequence[UUID]) -> set[UUID]:
        values = {
            "ids": list(ids),
            "oldest_us": micros(wanted.oldest_at),
            "newest_us": micros(wanted.newest_at),
        }
        settings = query_settings(self._timeout_s, self._client.server_settings)
        return {row[0] for row in self._client.query(PRESENT, values, settings).result_rows}


def _options(url: str, timeout_s: int) -> dict[str, Any]:
    if url.startswith("chdb:"):
        return {}
    return {
        "interface": "https" if url.startswith("clickhouses:") else None,  # otherwise the port decides
        "connect_timeout": min(CONNECT_WITHIN_S, timeout_s),
        "send_receive_timeout": timeout_s,
        # A session is locked while it has a request under way, perhaps one that we no longer wait for.
        "autogenerate_session_id": False,
        "query_retries": 0,
        "dedicated_pool": True,
    }


def micros(moment: datetime) -> int:
    """Microseconds since 1970, without a float's rounding."""
    return (moment - THE_BEGINNING) // timedelta(microseconds=1)
