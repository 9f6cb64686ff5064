"""How an insert has to be made so that it is one, whatever the server or its user's profile says."""

from collections.abc import Container
from typing import Any
from uuid import UUID

MOST_ROWS = 1_000_000
"""More than a batch ever has."""

# https://clickhouse.com/docs/operations/settings/settings
EXACT: dict[str, Any] = {
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
OF_HTTP: dict[str, Any] = {
    # Nothing comes before the outcome, so that the client's time-out is one for the whole.
    "send_progress_in_http_headers": 0,
    "wait_end_of_query": 1,
}


def insert_settings(batch_id: UUID, timeout_s: int, known: Container[str]) -> dict[str, Any]:
    """The settings for a batch's insert, those only that the server knows."""
    return {
        **{name: value for name, value in EXACT.items() if name in known},
        **OF_HTTP,
        "insert_deduplication_token": str(batch_id),
        "max_execution_time": timeout_s,
    }
