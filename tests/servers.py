"""The Postgres and the Redis of one test process: embedded, or databases of its own on given servers.

`DATABASE_URL` and `REDIS_URL` name servers to use instead, as in CI: then it is a Postgres database with a
new name, and one of Redis' sixteen numbered databases.
"""

import itertools
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from pingpong.ops.embedded.postgres import EmbeddedPostgres
from pingpong.ops.embedded.redis import EmbeddedRedis
from pingpong.settings import load_settings

_calls = itertools.count()


@dataclass
class Servers:
    """Where the databases are, and how to be rid of them."""

    database_url: str
    redis_url: str
    undo: list[Callable[[], object]] = field(default_factory=list)

    def stop(self) -> None:
        """Remove what `start_servers` made, the servers included if they were ours."""
        while self.undo:
            self.undo.pop()()


def start_servers(home: Path, *, embedded: bool = False) -> Servers:
    """Return empty databases, in `home` if no servers are given. Call it from the main thread.

    `embedded` is for tests that break their servers: they get their own in any case.
    """
    servers = Servers("", "", [])
    given = {} if embedded else os.environ
    try:
        servers.database_url = (
            _own_database(given["DATABASE_URL"], servers.undo)
            if "DATABASE_URL" in given
            else _postgres(home, servers.undo)
        )
        servers.redis_url = (
            _own_number(given["REDIS_URL"]) if "REDIS_URL" in given else _redis(home, servers.undo)
        )
    except BaseException:
        servers.stop()
        raise
    return servers


def _postgres(home: Path, undo: list[Callable[[], object]]) -> str:
    server = EmbeddedPostgres(home, durable=False)
    undo.append(server.discard)
    return server.start()


def _redis(home: Path, undo: list[Callable[[], object]]) -> str:
    server = EmbeddedRedis(home, durable=False)
    undo.append(server.discard)
    return server.start()


def _own_database(url: str, undo: list[Callable[[], object]]) -> str:
    """Make a database with a new name on the given server."""
    admin_url = load_settings(database_url=url).libpq_url
    name = f"pingpong_test_{secrets.token_hex(6)}"
    _execute(admin_url, f"CREATE DATABASE {name}")
    undo.append(lambda: _execute(admin_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    return urlsplit(admin_url)._replace(path=f"/{name}").geturl()


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _own_number(url: str) -> str:
    """Empty a numbered database that no other test process uses; each of four has four."""
    test_process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    number = (test_process * 4 + next(_calls) % 4) % 16
    own = _numbered(url, number)
    with redis.Redis.from_url(own) as client:
        client.flushdb()
    return own


def _numbered(url: str, number: int) -> str:
    if url.startswith("unix:"):
        return f"{url.partition('?')[0]}?db={number}"
    return urlsplit(url)._replace(path=f"/{number}").geturl()
