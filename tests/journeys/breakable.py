"""The stack, with what a test needs to break it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from redis import Redis

from tests.browser.stack import Stack


class BreakableStack(Stack):
    """Real processes that can be killed, told to stop, or robbed of their Redis."""

    @property
    def redis_url(self) -> str:
        """Where the stack's Redis is."""
        return self._servers.redis_url

    def migrate(self) -> None:
        """Bring the database up to date, as a release does."""
        self._python("-m", "flask", "--app", "pingpong", "db", "upgrade").wait(60)

    def kill(self, name: str) -> None:
        """End a process without a chance to say goodbye."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process."""
        self._processes[name].send_signal(number)

    @contextmanager
    def paused_redis(self) -> Iterator[None]:
        """Redis takes connections and answers nothing, as a host in trouble does."""
        with Redis.from_url(self.redis_url) as redis:
            pid = int(redis.info("server")["process_id"])
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def refused_by_postgres(self) -> Iterator[None]:
        """Postgres drops every connection and takes no new one, as it does when it restarts."""
        with psycopg.connect(self._servers.database_url, autocommit=True) as here:
            name = here.info.dbname
        with psycopg.connect(self._servers.database_url, dbname="postgres", autocommit=True) as admin:
            allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            admin.execute(allow.format(sql.Identifier(name), sql.Literal(False)))
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            try:
                yield
            finally:
                admin.execute(allow.format(sql.Identifier(name), sql.Literal(True)))
