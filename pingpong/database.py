"""How connections to Postgres are made, kept and trusted."""

import time
from typing import Any

from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import ColumnElement, Engine, QueuePool, SQLColumnExpression, event, func
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from pingpong.metrics.counters import DB_POOL_TIMEOUTS
from pingpong.settings import Settings

PREPARE_AFTER = 5
"""Executions before a statement is prepared on a connection: psycopg's own default."""
GONE_AFTER_S = 20
"""A server whose machine vanished without a word is given up so soon; the system would wait for hours. A slow
statement does not count: the system of a server that works answers all the same."""
NOTICES_THAT_IT_IS_GONE: dict[str, Any] = {
    "tcp_user_timeout": GONE_AFTER_S * 1000,
    "keepalives_idle": GONE_AFTER_S // 2,
    "keepalives_interval": GONE_AFTER_S // 4,
    "keepalives_count": 2,
}
"""libpq's parameters for that."""
TRUSTED_S = 1.0
"""A connection that was used so recently is not asked whether it is alive, which costs a round trip. It is
enough to look whether the server has hung up."""
USED_AT = "used_at_s"


class CountedPool(QueuePool):
    """SQLAlchemy's pool, which says how often nobody got a connection in time."""

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return super()._do_get()
        except PoolTimeoutError:
            DB_POOL_TIMEOUTS.add()
            raise


def engine_options(settings: Settings) -> dict[str, Any]:
    """A small pool that thousands of greenlets share: nobody holds a connection while waiting."""
    return {
        "poolclass": CountedPool,
        "pool_size": settings.db_pool_size,
        "max_overflow": settings.db_pool_overflow,
        "pool_timeout": settings.db_pool_timeout_s,
        "hide_parameters": True,  # an error that is logged must not hold what people wrote
        "connect_args": {
            "connect_timeout": settings.db_connect_timeout_s,
            **NOTICES_THAT_IT_IS_GONE,
            "prepare_threshold": PREPARE_AFTER if settings.db_prepare_statements else None,
        },
    }


def watch_connections(engine: Engine, settings: Settings) -> None:
    """Limit what a statement may take, and replace connections that have died while nobody used them."""

    # Set after connecting, not as a start-up option: pgbouncer refuses options that it does not know.
    @event.listens_for(engine, "connect")
    def limit_statements(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET statement_timeout = {int(settings.db_statement_timeout_s * 1000)}")
        connection.commit()
        cursor.close()

    @event.listens_for(engine, "checkout")
    def ask_if_alive(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        try:
            if time.monotonic() - entry.info.get(USED_AT, time.monotonic()) > TRUSTED_S:
                engine.dialect.do_ping(connection)
            else:
                _read_farewell(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    @event.listens_for(engine, "checkin")
    def note_use(_connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info[USED_AT] = time.monotonic()


def give_up_read_only(engine: Engine) -> None:
    """A server that only lets read (a standby, a primary that was replaced) is as good as away: the error is
    one, and all connections are made anew, perhaps to its successor. psycopg tells it as an error of ours.
    """

    @event.listens_for(engine, "handle_error")
    def tell_as_outage(context: ExceptionContext) -> Exception | None:
        error = context.original_exception
        if not isinstance(error, ReadOnlySqlTransaction):
            return None
        context.is_disconnect = True
        return OperationalError(
            context.statement, None, error, hide_parameters=True, connection_invalidated=True
        )


def _read_farewell(connection: Any) -> None:  # noqa: ANN401 - psycopg's
    """Read what lies there, without waiting. Raises psycopg's OperationalError if the server has hung up."""
    for _ in ("its last words", "the end"):
        connection.pgconn.consume_input()


def without_waiting_for_the_disk() -> ColumnElement[bool]:
    """A condition that is always true, and lets this transaction's commit not wait for the disk.

    For what may be lost with a crash of Postgres because it will be done again: that work has begun, that
    news was told. https://www.postgresql.org/docs/current/wal-async-commit.html
    """
    return func.set_config("synchronous_commit", "off", True) == "off"


def waiting_for_the_disk() -> ColumnElement[bool]:
    """A condition that is always true, and lets this transaction's commit wait for the disk, whatever else is
    set: for what the outside is told next, and must not be forgotten.
    """
    return func.set_config("synchronous_commit", "on", True) == "on"


def contains_folded(folded: SQLColumnExpression[str], part: str) -> ColumnElement[bool]:
    """Whether a text in lower case has this part, in any case. Postgres folds both alike."""
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return folded.like(func.lower(f"%{escaped}%"))
