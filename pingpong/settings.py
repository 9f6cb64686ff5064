"""Every setting of pingpong: its name in the environment, type, default and meaning.

Nothing else reads the environment. Values come from environment variables and from a `.env` file beside
the Procfile; the environment wins.
"""

from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pingpong.setting_types import (
    MOST_DEPENDENCIES,
    MOST_ENTITIES,
    BaseUrl,
    ClickHouseUrl,
    DatabaseUrl,
    EntityTypes,
    Names,
    Origins,
    RateLimit,
    RedisUrl,
    Seconds,
    Token,
)

SHORTEST_SECRET_KEY = 32
DEVELOPMENT_SECRET_KEY = "development-only-and-refused-in-production"  # noqa: S105 - refused where it matters


class Environment(StrEnum):
    """Where this process runs; production refuses what is only convenient."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """The settings of one process, checked when it starts."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    env: Environment = Field(
        Environment.DEVELOPMENT,
        alias="PINGPONG_ENV",
        description="Production refuses what is only convenient.",
    )
    secret_key: str = Field(DEVELOPMENT_SECRET_KEY, description="Signs cookies; at least 32 characters.")
    port: int = Field(8000, ge=1, le=65535, description="Where the web process listens.")
    trusted_proxies: int = Field(
        0, ge=0, description="How many proxies in front set X-Forwarded-*; 0 believes none."
    )
    web_concurrency: int = Field(1, ge=1, description="How many web processes gunicorn runs.")
    data_folder: Path = Field(
        Path("var"), alias="PINGPONG_DATA", description="Where `make run` keeps the embedded servers' data."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    max_body_bytes: int = Field(1024 * 1024, gt=0, description="A larger request body is answered 413.")

    database_url: DatabaseUrl = Field(
        "postgresql://localhost/pingpong",
        validate_default=True,
        description="Postgres; `make run` brings its own if it is not set.",
    )
    db_pool_size: int = Field(10, ge=1, description="Database connections kept open per process.")
    db_pool_overflow: int = Field(10, ge=0, description="Further ones opened under load and closed again.")
    db_pool_timeout_s: Seconds = Field(5, description="How long to wait for a free connection; then 503.")
    db_connect_timeout_s: int = Field(3, ge=2, description="libpq takes whole seconds, at least 2.")
    db_statement_timeout_s: Seconds = Field(15, description="Postgres cancels what takes longer.")
    db_prepare_statements: bool = Field(True, description="False behind a pgbouncer older than 1.21.")

    session_lifetime_s: int = Field(
        14 * 24 * 3600, gt=0, description="A login, its cookie and its refresh token end after this."
    )
    access_token_lifetime_s: int = Field(
        15 * 60, gt=0, description="An access token, and the sockets it opened, end after this."
    )
    ticket_lifetime_s: int = Field(30, gt=0, description="A ticket for a stream or socket is good for this.")

    user_rate_limit: RateLimit = Field("100/minute", description="Requests of a person to the API.")
    anonymous_rate_limit: RateLimit = Field(
        "20/minute", description="Requests to the API from an address, of nobody in particular."
    )
    submit_rate_limit: RateLimit = Field("120/minute", description="Messages from an address.")
    login_rate_limit: RateLimit = Field(
        "5/minute", description="Wrong passwords for an account from an address."
    )
    login_address_rate_limit: RateLimit = Field("50/minute", description="Wrong passwords from an address.")
    cors_origins: Origins = Field(
        (), description="Origins of other front ends, with commas between; `null` is a file."
    )

    redis_url: RedisUrl = Field(
        "redis://localhost:6379/0",
        description="Redis, Valkey or Sentinel; `make run` brings its own if it is not set.",
    )
    redis_connect_timeout_s: Seconds = Field(
        0.5, description="A submit waits no longer for a Redis that is away."
    )
    redis_timeout_s: Seconds = Field(2, description="How long a single command may take.")
    redis_max_connections: int = Field(100, ge=2, description="Per process.")
    redis_tls_verify: bool = Field(True, description="False for platforms whose rediss:// is self-signed.")

    ping_delay_s: float = Field(3.0, ge=0, description="A ping is answered this long after it was submitted.")
    idempotency_ttl_s: int = Field(24 * 3600, gt=0, description="How long an Idempotency-Key is remembered.")
    short_search_window: int = Field(
        50_000, ge=100, description="Rows that one page of a one- or two-character search looks at."
    )

    live_stream_length: int = Field(10_000, ge=1, description="Events kept in Redis for those who come back.")
    live_stream_ttl_s: int = Field(
        24 * 3600, gt=0, description="Without news, the stream expires after this."
    )
    live_ring_length: int = Field(5_000, ge=1, description="Events that a web process keeps for replay.")
    live_client_buffer: int = Field(
        1_000, ge=1, description="A stream this many events behind is disconnected."
    )
    live_comment_every_s: Seconds = Field(15, description="A silent stream gets a comment this often.")
    live_send_timeout_s: Seconds = Field(
        30, description="A stream that takes no bytes for this long is closed."
    )
    live_max_streams: int = Field(5_000, ge=1, description="Streams per web process; more are answered 503.")

    socket_ping_every_s: Seconds = Field(
        25,
        description="A silent socket is pinged; if it stays silent or takes nothing, closed.",
    )
    socket_check_every_s: Seconds = Field(
        30, description="How often an open socket's login session is looked up."
    )
    socket_max: int = Field(5_000, ge=1, description="Sockets per web process; more are closed with 4429.")
    socket_max_per_person: int = Field(50, ge=1, description="Those of one person in a web process.")
    socket_max_message_bytes: int = Field(
        64 * 1024, ge=1, description="A larger message from a client closes its socket with 1009."
    )
    socket_messages_at_once: int = Field(
        20, ge=1, description="Messages that a client may send within the next setting's seconds."
    )
    socket_messages_within_s: Seconds = Field(10, description="More of them are answered with an error.")

    chat_messages_rate_limit: RateLimit = Field(
        "10/minute", description="Pages of a conversation's messages that a person may ask the API for."
    )
    chat_max_members: int = Field(100, ge=2, description="People in one conversation.")
    chat_edit_within_s: int = Field(
        15 * 60, gt=0, description="One's own message may be edited or deleted for this long."
    )
    chat_recent_length: int = Field(
        1_000, ge=1, description="Messages of each conversation that Redis keeps for those who open it."
    )
    chat_recent_ttl_s: int = Field(
        24 * 3600, gt=0, description="Redis forgets them this long after the newest."
    )
    chat_typing_every_s: Seconds = Field(1, description="Who types is told at most this often.")
    chat_away_after_s: Seconds = Field(
        60, description="Whoever's web process has died counts as online for this long."
    )

    dsp_api_url: BaseUrl = Field(
        "", description="The third party's API; without one nothing is sent. `make run` brings a sandbox."
    )
    dsp_api_token: Token = Field("", description="Sent to it as a bearer token, and kept nowhere.")
    dsp_entity_types: EntityTypes = Field(
        ("campaign", "line_item", "ad_group", "audience", "ad", "creative"),
        min_length=1,
        description="What it takes, with commas between.",
    )
    dsp_rate_limit: int = Field(
        40, ge=1, description="Requests that it allows within the next setting's time."
    )
    dsp_rate_window_s: Seconds = Field(60, description="A window that slides, by the receiver's clock.")
    dsp_timeout_s: Seconds = Field(15, description="An answer that takes longer counts as lost.")
    dsp_max_attempts: int = Field(5, ge=1, description="Attempts at a request before its entity fails.")
    dsp_backoff_base_s: Seconds = Field(
        2, description="The first backoff is a random part of this; each further one of twice as much."
    )
    dsp_backoff_cap_s: Seconds = Field(200, description="But never of more than this.")
    dsp_poll_first_s: Seconds = Field(
        5, description="When the status is asked for; then twice as late each time."
    )
    dsp_poll_cap_s: Seconds = Field(60, description="But never later than this after the last time.")
    dsp_retry_after_cap_s: Seconds = Field(3600, description="A longer Retry-After is believed up to this.")
    dsp_breaker_failures: int = Field(5, ge=1, description="Failures in a row that open the circuit breaker.")
    dsp_probe_every_s: Seconds = Field(30, description="Then one request is tried this often.")
    dsp_pick_every_s: Seconds = Field(1, description="How often it is looked for what is due.")
    dsp_max_entities: int = Field(
        10_000, ge=1, le=MOST_ENTITIES, description="Entities that one request may create."
    )
    dsp_max_upload_bytes: int = Field(
        16 * 1024 * 1024, gt=0, description="The body of such a request; a larger one is answered 413."
    )
    dsp_max_payload_bytes: int = Field(64 * 1024, gt=0, description="One entity's payload, as JSON.")
    dsp_max_dependencies: int = Field(
        100, ge=1, le=MOST_DEPENDENCIES, description="What one entity may depend on, directly."
    )
    dsp_max_edges: int = Field(50_000, ge=1, description="Dependencies in all that one request may create.")
    dsp_audit_max_bytes: int = Field(
        64 * 1024, gt=0, description="Of each request and answer the audit keeps this much."
    )
    dsp_max_answer_bytes: int = Field(
        1024 * 1024, gt=0, description="More of an answer is not read, and it counts as wrong."
    )

    clickhouse_url: ClickHouseUrl = Field(
        "",
        description="`clickhouse://user:password@host:8123/database` or `chdb:///folder`; without one, "
        "events stay in Postgres.",
    )
    clickhouse_timeout_s: int = Field(
        30, ge=1, description="An insert without an answer is sent again after this."
    )
    eventlog_batch: int = Field(10_000, ge=1, le=100_000, description="Events that are inserted at once.")
    eventlog_gather_s: float = Field(
        1,
        ge=0,
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

    task_max_attempts: int = Field(
        5, ge=1, description="A task whose worker died or lost its job this often is given up."
    )
    task_max_result_bytes: int = Field(
        1024 * 1024, ge=1, description="A task whose answer is larger, as JSON, fails."
    )
    task_modules: Names = Field(
        (), description="Python modules with further kinds of tasks, with commas between."
    )
    fetch_allowed_hosts: Names = Field(
        (), description="`host:port` of private servers that fetch_title may ask, with commas between."
    )
    worker_concurrency: int = Field(200, ge=1, description="Jobs that an io worker runs at once.")
    worker_max_waiting: int = Field(
        10_000, ge=0, description="Jobs beside those that wait until their time, and take no slot meanwhile."
    )
    cruncher_processes: int = Field(
        0, ge=0, description="Jobs that a cruncher runs at once; 0 is one for each usable core."
    )
    worker_heartbeat_s: Seconds = Field(5, description="How often a worker says that it is alive.")
    worker_grace_s: Seconds = Field(20, description="After SIGTERM, jobs may finish within this time.")
    dead_worker_after_s: Seconds = Field(15, description="A worker silent for this long counts as dead.")
    job_timeout_s: int = Field(180, gt=0, description="A job that takes longer is stopped and fails.")
    job_ttl_s: int = Field(24 * 3600, gt=0, description="A queued job's key expires after this.")
    job_result_ttl_s: int = Field(300, gt=0, description="RQ keeps the record of a good job for this long.")
    job_failure_ttl_s: int = Field(7 * 24 * 3600, gt=0, description="And that of a failed one for this long.")

    heartbeat_every_s: Seconds = Field(3, description="The beat that every page shows.")
    rescue_every_s: Seconds = Field(5, description="How often lost work and news are looked for.")
    rescue_after_s: Seconds = Field(5, description="Work and news younger than this are left alone.")
    rescue_batch: int = Field(1_000, ge=1, description="Tasks that one rescue looks at.")
    scheduler_lease_s: Seconds = Field(4, description="A leader silent for this long is replaced.")

    check_timeout_s: Seconds = Field(1, description="Each part of /readyz answers within this or is down.")
    beat_late_after_s: Seconds = Field(15, description="/readyz calls a beat older than this late.")

    @property
    def is_production(self) -> bool:
        """Whether what is only convenient is refused."""
        return self.env is Environment.PRODUCTION

    @property
    def libpq_url(self) -> str:
        """`database_url` for psycopg itself, which does not know SQLAlchemy's name of it."""
        return self.database_url.replace("postgresql+psycopg:", "postgresql:", 1)

    @model_validator(mode="after")
    def _production_needs_a_secret(self) -> "Settings":
        if self.is_production and self.secret_key == DEVELOPMENT_SECRET_KEY:
            raise ValueError("SECRET_KEY: must be set in production")
        if self.is_production and (
            len(self.secret_key) < SHORTEST_SECRET_KEY or len(set(self.secret_key)) < SHORTEST_SECRET_KEY // 4
        ):
            raise ValueError(f"SECRET_KEY: must have at least {SHORTEST_SECRET_KEY} random characters")
        return self

    @model_validator(mode="after")
    def _production_trusts_no_files(self) -> "Settings":
        if self.is_production and "null" in self.cors_origins:
            raise ValueError("CORS_ORIGINS: null is for development; in production it is anybody")
        return self


class SettingsError(SystemExit):
    """The environment holds a bad value. Ends the process with one line per variable."""


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - whatever the setting's type is
    """Read and check the environment; `overrides` win over it.

    Raises SettingsError, whose text names each bad variable on a line of its own.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error))) from None


def _lines(error: ValidationError) -> list[str]:
    return [_line(problem["loc"], problem["msg"]) for problem in error.errors()]


def _line(location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    return f"{str(location[0]).upper()}: {message[0].lower()}{message[1:]}"
