"""Servers for one system under measurement."""

from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from redis import Redis
from redis.exceptions import RedisError

from benchmarks.machine import Processes
from pingpong.ops.embedded.postgres import EmbeddedPostgres
from pingpong.ops.embedded.redis import redis_program
from tests.stack import free_port
from tests.waiting import wait_until

STARTS_WITHIN_S = 20


class RedisServer:
    """A Redis on TCP that keeps nothing on the disk."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.url = url_of(self.port)
        self.client = Redis.from_url(self.url)
        self.processes = Processes(home)

    def __enter__(self) -> Self:
        command = [redis_program(), "--port", str(self.port), "--save", "", "--dir", str(self.processes.home)]
        self.processes.start("redis", command, self.processes.home)
        wait_until(self._answers, STARTS_WITHIN_S, what="redis")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.processes.stop()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False


class Servers:
    """A Postgres with its default durability and a Redis."""

    def __init__(self, home: Path) -> None:
        self.postgres = EmbeddedPostgres(home)
        self.redis = RedisServer(home)
        self.database_url = ""

    def __enter__(self) -> Self:
        self.database_url = self.postgres.start()
        self.redis.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.redis.__exit__(kind, error, trace)
        self.postgres.stop()

    def family(self) -> list[psutil.Process]:
        """Postgres and Redis with all their processes."""
        postgres = psutil.Process(self.postgres.process.pid)
        return [*self.redis.processes.family(), postgres, *postgres.children(recursive=True)]


def url_of(port: int) -> str:
    """The URL of a Redis on this machine."""
    return f"redis://127.0.0.1:{port}/0"
