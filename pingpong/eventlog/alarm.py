"""Hearing from the database that there are events."""

import psycopg
import structlog

from pingpong.database import NOTICES_THAT_IT_IS_GONE

log = structlog.get_logger(__name__)

CHANNEL = "event_outbox"
CONNECT_WITHIN_S = 3


class Alarm:
    """A connection of its own that listens. Without one (the database is away, or a pooler lies between that
    keeps no session), nothing rings: whoever waits looks by himself now and then.
    """

    def __init__(self, database_url: str) -> None:
        """`database_url` is one of libpq: postgresql://…"""
        self._database_url = database_url
        self._connection: psycopg.Connection | None = None
        self._is_pooled = False

    def descriptors(self) -> list[int]:
        """What becomes readable when it rings; listens anew if that was lost."""
        try:
            if self._connection is None and not self._is_pooled:
                self._listen()
        except psycopg.Error as error:
            log.warning("cannot_listen", error=str(error).partition("\n")[0])
            self.close()
        return [self._connection.fileno()] if self._connection else []

    def has_rung(self) -> bool:
        """Whether it has, since the last time that this was asked."""
        if self._connection is None:
            return False
        rang = False
        try:
            self._connection.pgconn.consume_input()
            while self._connection.pgconn.notifies():
                rang = True
        except psycopg.Error:
            self.close()
        return rang

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listen(self) -> None:
        self._connection = psycopg.connect(
            self._database_url,
            autocommit=True,
            connect_timeout=CONNECT_WITHIN_S,
            **NOTICES_THAT_IT_IS_GONE,
        )
        (server_pid,) = self._connection.execute("SELECT pg_backend_pid()").fetchone() or (None,)
        # A pooler gives a number of its own. Whoever got this connection next would hear what is for us.
        self._is_pooled = server_pid != self._connection.info.backend_pid
        if self._is_pooled:
            log.warning("cannot_listen", error="a pooler lies between")
            self.close()
        else:
            self._connection.execute(f"LISTEN {CHANNEL}")
