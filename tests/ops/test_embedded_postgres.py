"""The embedded Postgres: real servers, real kills."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from pingpong.ops.embedded import places
from pingpong.ops.embedded.postgres import EmbeddedPostgres
from pingpong.ops.refusal import CannotStart
from tests.processes import descendants, kill_group, python, started, wait_for_end

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's clone can be closed to the server's user")

START = """
import pathlib, signal, sys
from pingpong.ops.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False)
server.start()
print(server.process.pid, flush=True)
signal.pause()
"""


@contextmanager
def running(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home, durable=False)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ask(server: EmbeddedPostgres, statement: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def test_it_answers_at_its_url_in_its_own_database(home: Path):
    with running(home) as server:
        assert ask(server, "SELECT current_database()") == "pingpong"


def test_it_opens_no_port(home: Path):
    with running(home) as server:
        assert ask(server, "SHOW listen_addresses") == ""


def test_it_knows_the_letters_of_every_script_whatever_the_locale(home: Path):
    with running(home) as server:
        ask(server, "CREATE EXTENSION pg_trgm")

        assert ask(server, "SELECT 'ÉСЮ' ILIKE 'éсю'")
        assert ask(server, "SELECT cardinality(show_trgm('Привет'))") == 7


def test_it_keeps_its_data_over_a_restart(home: Path):
    with running(home) as server:
        ask(server, "CREATE TABLE kept AS SELECT 'hello' AS message")

    with running(home) as server:
        assert ask(server, "SELECT message FROM kept") == "hello"


def test_it_starts_again_after_everything_was_killed(home: Path):
    with running(home) as server:
        ask(server, "CREATE TABLE kept AS SELECT 'hello' AS message")
        kill_group(server.process)
        server.process.wait()

        server.start()

        assert ask(server, "SELECT message FROM kept") == "hello"


def test_it_starts_again_while_the_rest_of_a_killed_server_is_still_there(home: Path):
    with running(home) as server, psycopg.connect(server.url):
        server.process.kill()
        server.process.wait()

        server.start()

        assert ask(server, "SELECT 1") == 1


def test_it_ends_when_whoever_started_it_is_killed(home: Path):
    with started(python("-c", START, home)) as starter:
        family = descendants(starter.pid) if starter.stdout and starter.stdout.readline() else []

        starter.kill()

        wait_for_end(family)


def test_a_server_that_was_left_running_is_replaced(home: Path):
    abandoned = EmbeddedPostgres(home, durable=False)
    abandoned.start()
    assert abandoned._lock
    abandoned._lock.release()  # as the kernel does when its owner is killed

    with running(home) as server:
        assert ask(server, "SELECT 1") == 1
        assert not psutil.pid_exists(abandoned.process.pid)


def test_a_stale_process_number_that_now_belongs_to_another_program_is_no_obstacle(home: Path):
    with running(home) as server:
        data = server.folder / "data"
    (data / "postmaster.pid").write_text(f"{os.getppid()}\n{data}\n")

    with running(home) as server:
        assert ask(server, "SELECT 1") == 1


def test_data_that_was_made_by_half_is_made_again(home: Path):
    with running(home) as server:
        folder = server.folder
    (folder / "data").rename(folder / "data.new")

    with running(home) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_second_one_on_the_same_data_is_refused_in_one_sentence(home: Path):
    with (
        running(home),
        pytest.raises(CannotStart, match=r"Another pingpong .* stop that one, or choose .*PINGPONG_DATA"),
    ):
        EmbeddedPostgres(home).start()


def test_a_path_that_is_too_long_for_a_socket_is_fine(home: Path):
    with running(home / ("long" * 30) / "with space, and comma") as server:
        assert ask(server, "SELECT 1") == 1
        server.discard()


@as_root
def test_data_goes_where_it_can_be_reached_and_no_permission_is_loosened(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    with running(closed / "var") as server:
        assert server.folder.is_relative_to(places.REACHABLE)
        assert ask(server, "SELECT 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700
        assert server.folder.stat().st_mode & 0o777 == 0o700
        server.discard()


@as_root
def test_programs_that_its_user_cannot_reach_are_copied(home: Path, monkeypatch: pytest.MonkeyPatch):
    copies = home.parent / "reachable"
    wheel = places._site_packages()
    monkeypatch.setattr(places, "REACHABLE", copies)
    monkeypatch.setattr(
        "pingpong.ops.embedded.account.Account.can_enter", lambda _self, path: wheel not in path.parents
    )

    with running(home) as server:
        assert psutil.Process(server.process.pid).exe().startswith(str(copies))


def test_it_leaves_at_once_when_asked_to_though_clients_are_connected(home: Path):
    with running(home) as server, psycopg.connect(server.url):
        server.process.send_signal(signal.SIGINT)

        assert server.process.wait(5) == 0
