"""The embedded Redis: real servers, real kills."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from pingpong.ops.embedded import redis as embedded
from pingpong.ops.embedded.redis import EmbeddedRedis, redis_program
from pingpong.ops.refusal import CannotStart
from pingpong.redis_client import connect
from pingpong.settings import load_settings
from tests.processes import descendants, python, started, wait_for_end

START = """
import pathlib, signal, sys
from pingpong.ops.embedded.redis import EmbeddedRedis
EmbeddedRedis(pathlib.Path(sys.argv[1])).start()
print(flush=True)
signal.pause()
"""


@contextmanager
def running(home: Path) -> Iterator[tuple[EmbeddedRedis, Redis]]:
    server = EmbeddedRedis(home)
    try:
        with Redis.from_url(server.start()) as client:
            yield server, client
    finally:
        server.stop()


def test_its_url_is_one_that_the_app_understands(home: Path):
    with running(home) as (server, _):
        client = connect(load_settings(redis_url=server.url))

        assert client.ping()
        client.close()


def test_it_opens_no_port(home: Path):
    with running(home) as (_, client):
        assert client.config_get("port") == {"port": "0"}


def test_it_keeps_its_data_over_a_kill(home: Path):
    with running(home) as (server, client):
        client.set("kept", "hello")
        server.process.kill()
        server.process.wait()

        server.start()

        assert client.get("kept") == b"hello"


def test_it_ends_when_whoever_started_it_is_killed(home: Path):
    with started(python("-c", START, home)) as starter:
        family = descendants(starter.pid) if starter.stdout and starter.stdout.readline() else []

        starter.kill()

        wait_for_end(family)


def test_a_server_that_was_left_running_is_replaced(home: Path):
    abandoned = EmbeddedRedis(home)
    abandoned.start()
    assert abandoned._lock
    abandoned._lock.release()  # as the kernel does when its owner is killed

    with running(home) as (server, client):
        assert client.info()["process_id"] == server.process.pid
    assert abandoned.process.wait(5) == 0


def test_a_second_one_on_the_same_data_is_refused_in_one_sentence(home: Path):
    with running(home), pytest.raises(CannotStart, match="Another pingpong"):
        EmbeddedRedis(home).start()


def test_a_path_that_is_too_long_for_a_socket_is_fine(home: Path):
    with running(home / ("long" * 30)) as (server, client):
        assert client.ping()
        server.discard()


def test_an_installed_server_comes_before_the_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    installed = tmp_path / "redis-server"
    installed.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    assert redis_program() == str(installed)


def test_without_any_server_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch):
    def none_for_this_machine() -> Path:
        raise embedded.ValkeyBinaryNotFoundError

    monkeypatch.setattr(embedded, "INSTALLED", ())
    monkeypatch.setattr(embedded, "get_binary_path", none_for_this_machine)

    with pytest.raises(CannotStart, match="install redis-server or valkey-server, or set REDIS_URL"):
        redis_program()
