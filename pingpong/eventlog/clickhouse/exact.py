"""How to insert so that it is one insert, and to ask so that the answer is whole and of now, whatever the
server or its user's profile says.
"""

from collections.abc import Container
from typing import Any
from uuid import UUID

MOST_ROWS = 1_000_000
"""More than a batch ever has."""

# https://clickhouse.com/docs/operations/settings/settings
INSERT: dict[str, Any] = {
    # The token counts. The second name is that of servers since 26.2, which ignore the first.
    "insert_deduplicate": 1,
    "deduplicate_insert": "enable",
    # An answer says that the rows are there, not that they will be.
    "async_insert": 0,
    # All rows are one block, and become one part under one token: several would be inserted one by one.
    "max_insert_threads": 1,
    "input_format_parallel_parsing": 0,
    "max_insert_block_size": MOST_ROWS,
    "max_insert_block_size_bytes": 0,
    "min_insert_block_size_rows": MOST_ROWS,
    "min_insert_block_size_bytes": 0,
    "input_format_max_block_size_bytes": 0,
    "use_strict_insert_block_limits": 0,
    # A row that cannot be read is an error, not left out.
    "input_format_allow_errors_num": 0,
    "input_format_allow_errors_ratio": 0,
    # What we no longer wait for ends there too, by the clock, and with an error.
    "timeout_before_checking_execution_speed": 0,
    "timeout_overflow_mode": "throw",
}
QUERY: dict[str, Any] = {
    "use_query_cache": 0,
    # What is too much, or takes too long, is an error: from a part of an answer, the rest would seem missing.
    "limit": 0,
    "offset": 0,
    "read_overflow_mode": "throw",
    "result_overflow_mode": "throw",
    "set_overflow_mode": "throw",
    "timeout_overflow_mode": "throw",
}
OF_HTTP: dict[str, Any] = {
    # Nothing comes before the outcome, so that the client's time-out is one for the whole.
    "send_progress_in_http_headers": 0,
    "wait_end_of_query": 1,
}


def insert_settings(batch_id: UUID, timeout_s: int, known: Container[str]) -> dict[str, Any]:
    """The settings for a batch's insert, those only that the server knows."""
    return {
        **_known(INSERT, known),
        **OF_HTTP,
        "insert_deduplication_token": str(batch_id),
        "max_execution_time": timeout_s,
    }


def query_settings(timeout_s: int, known: Container[str]) -> dict[str, Any]:
    """The settings for a query, those only that the server knows."""
    return {**_known(QUERY, known), "max_execution_time": timeout_s}


def _known(settings: dict[str, Any], known: Container[str]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name in known}
