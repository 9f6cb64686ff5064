"""The whole of pingpong as a platform runs it, to be used and to be broken: real processes and servers."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from redis import Redis

from pingpong.lifeline import die_with_parent
from tests.servers import Servers, start_servers
from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent
COMMANDS = {
    "web": ("-m", "gunicorn", "wsgi:app"),
    "worker": ("worker.py", "io"),
    "cruncher": ("worker.py", "cpu"),
    "scheduler": ("scheduler.py",),
}
UNLIMITED = {
    f"{name}_RATE_LIMIT": "1000000/second"
    for name in ("USER", "ANONYMOUS", "SUBMIT", "LOGIN", "LOGIN_ADDRESS")
}
UP_WITHIN_S = 60
GONE_WITHIN_S = 30


class Stack:
    """Real processes on a free port, until the end of the `with` block."""

    def __init__(
        self,
        home: Path,
        servers: Servers | None = None,
        commands: Mapping[str, Sequence[str]] = COMMANDS,
        **settings: str,
    ) -> None:
        self.home = home
        self._commands = commands
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._servers = servers or start_servers(home, embedded=True)
        self._owns_servers = servers is None
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **os.environ,
            "PINGPONG_ENV": "test",
            "CRUNCHER_PROCESSES": "1",
            "FETCH_ALLOWED_HOSTS": f"127.0.0.1:{self.port}",
            **UNLIMITED,
            "DATABASE_URL": self._servers.database_url,
            "REDIS_URL": self._servers.redis_url,
            "PORT": str(self.port),
            **settings,
        }

    def __enter__(self) -> Self:
        self.migrate()
        for name in self._commands:
            self.start(name)
        wait_until(lambda: self.answers("/readyz"), UP_WITHIN_S, what=f"pingpong, see {self.home}/*.log")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in [*self._processes]:
            self.stop(name)
        if self._owns_servers:
            self._servers.stop()

    def has_ended(self, name: str) -> bool:
        """Whether one of the processes has ended by itself; it may then be started again."""
        if self._processes[name].poll() is None:
            return False
        del self._processes[name]
        return True

    def start(self, name: str) -> None:
        """Start one of the processes; nothing happens if it runs."""
        if name not in self._processes:
            self._processes[name] = self._python(*self._commands[name], log=name)

    def pid(self, name: str) -> int:
        """The process of one of the commands."""
        return self._processes[name].pid

    def stop(self, name: str) -> None:
        """Stop one of the processes as a deploy does, and wait until it is gone."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    @property
    def database_url(self) -> str:
        """Where the stack's Postgres is."""
        return self._servers.database_url

    @property
    def redis_url(self) -> str:
        """Where the stack's Redis is."""
        return self._servers.redis_url

    def migrate(self) -> None:
        """Bring the database up to date, as a release does."""
        self._python("-m", "flask", "--app", "pingpong", "db", "upgrade").wait(UP_WITHIN_S)

    def kill(self, name: str) -> None:
        """End a process without a chance to say goodbye."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process."""
        self._processes[name].send_signal(number)

    def postgres(self) -> psycopg.Connection:
        """A connection of the test's own; each statement is a transaction."""
        return psycopg.connect(self._servers.database_url, autocommit=True)

    def flush_redis(self) -> None:
        """Make Redis forget everything."""
        with Redis.from_url(self.redis_url) as redis:
            redis.flushall()

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

    def answers(self, path: str) -> bool:
        """Whether a GET of this path is answered with 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _python(self, *arguments: str, log: str = "setup") -> subprocess.Popen[bytes]:
        with (self.home / f"{log}.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - it only calls prctl
            )


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
