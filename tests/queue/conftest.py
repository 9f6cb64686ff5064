"""A Redis of their own, emptied before each test; no app and no Postgres."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from tests.queue.processes import Processes
from tests.redis_server import RedisServer


@pytest.fixture(scope="session")
def _shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that the test may kill; not started yet."""
    server = RedisServer(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def redis(_shared_server: RedisServer) -> Iterator[Redis]:
    client = _shared_server.client()
    # A worker that was killed just now may still wait for a job as far as Redis knows.
    client.client_kill_filter(skipme=True)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def processes(_shared_server: RedisServer, tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(_shared_server.url, tmp_path)
    yield processes
    processes.end()


@pytest.fixture
def queue(redis: Redis) -> Queue:
    return Queue("work", connection=redis)
