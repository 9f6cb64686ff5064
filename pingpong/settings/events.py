"""The event log, and ClickHouse."""

from pydantic import BaseModel, Field

from pingpong.settings.types import ClickHouseUrl, Seconds


class EventSettings(BaseModel):
    """The event log, and ClickHouse."""

    clickhouse_url: ClickHouseUrl = Field(
        "",
        description="`clickhouse://user:password@host:8123/database` or `chdb:///folder` (which needs "
        "the package chdb-core); without one, events stay in Postgres.",
    )
    clickhouse_timeout_s: int = Field(
        30, ge=1, description="An insert without an answer is sent again after this."
    )
    eventlog_batch: int = Field(10_000, ge=1, le=100_000, description="Events that are inserted at once.")
    eventlog_batch_bytes: int = Field(
        16 * 1024 * 1024, ge=1, description="And no more than this of their contexts, as Postgres keeps them."
    )
    eventlog_gather_s: float = Field(
        1,
        ge=0,
        allow_inf_nan=False,
        description="What happens within this time goes into one batch: ClickHouse likes few inserts.",
    )
    eventlog_look_every_s: Seconds = Field(
        5, description="How often the shipper looks without having been woken by the database."
    )
    eventlog_backoff_base_s: Seconds = Field(
        1, description="The first wait after a failed insert is a random part of this; then of twice as much."
    )
    eventlog_backoff_cap_s: Seconds = Field(60, description="But never of more than this.")
    eventlog_retention_s: int = Field(
        7 * 24 * 3600, ge=0, description="Shipped events stay in Postgres for this long."
    )
    eventlog_retention_without_clickhouse_s: int = Field(
        90 * 24 * 3600, gt=0, description="Without CLICKHOUSE_URL, events stay for this long."
    )
    eventlog_late_after_s: Seconds = Field(
        300, description="/readyz calls the event log degraded if an event has waited for longer."
    )
