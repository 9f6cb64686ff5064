"""Postgres and Redis."""

from pydantic import BaseModel, Field

from pingpong.settings.types import DatabaseUrl, RedisUrl, Seconds


class StorageSettings(BaseModel):
    """Postgres and Redis."""

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
