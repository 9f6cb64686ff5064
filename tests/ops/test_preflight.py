"""What is missing or taken is said in one sentence, with the remedy."""

import socket
from collections.abc import Iterator

import pytest

from pingpong.ops.preflight import check_database, check_port, check_redis
from pingpong.ops.refusal import CannotStart
from pingpong.settings import load_settings
from tests.servers import Servers


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free_port(taken_port: int) -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_free_port_is_fine(free_port: int):
    check_port(free_port)


def test_a_taken_port_is_said(taken_port: int):
    with pytest.raises(CannotStart, match=f"Port {taken_port} is taken: .* choose another one with PORT="):
        check_port(taken_port)


def test_a_database_that_answers_is_fine(servers: Servers):
    check_database(load_settings(database_url=servers.database_url))


def test_a_database_that_refuses_is_said_without_its_password(free_port: int):
    settings = load_settings(database_url=f"postgres://user:hidden@127.0.0.1:{free_port}/pingpong")

    with pytest.raises(
        CannotStart, match=r"DATABASE_URL cannot be used .*refused.* start it or correct"
    ) as refusal:
        check_database(settings)

    assert "hidden" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_redis_that_answers_is_fine(servers: Servers):
    check_redis(load_settings(redis_url=servers.redis_url))


def test_a_redis_that_refuses_is_said(free_port: int):
    settings = load_settings(redis_url=f"redis://:hidden@127.0.0.1:{free_port}/0")

    with pytest.raises(
        CannotStart, match=r"REDIS_URL cannot be used .*refused.* start it or correct"
    ) as refusal:
        check_redis(settings)

    assert "hidden" not in str(refusal.value)
