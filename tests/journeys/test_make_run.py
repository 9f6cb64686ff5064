"""`make run`, from the first start to the last process gone."""

import re
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.folders import reachable_folder
from tests.journeys.running import Pingpong, free_port, refused, running
from tests.processes import descendants, is_alive, wait_for_end
from tests.waiting import wait_until


@pytest.fixture
def home() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder / "var"


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder / "var"


@pytest.fixture(scope="module")
def pingpong(shared_home: Path) -> Iterator[Pingpong]:
    with running(shared_home) as pingpong:
        yield pingpong


def test_its_one_line_has_the_url_where_a_ping_is_answered(pingpong: Pingpong):
    ping = pingpong.send("hello")

    assert wait_until(lambda: pingpong.answer_to(ping)) == "pong hello"
    assert pingpong.line == f"Pingpong is ready: http://localhost:{pingpong.port}/\n"


def sent(pingpong: Pingpong, message: str) -> str | None:
    """The id of a ping, or None if it was not taken."""
    try:
        return pingpong.send(message)
    except OSError:
        return None


def process_of(pingpong: Pingpong, words: str) -> psutil.Process:
    """The one whose command line has these words."""
    for child in descendants(pingpong.runner.pid):
        with suppress(psutil.Error):  # Postgres has some that come and go
            if words in " ".join(child.cmdline()):
                return child
    raise AssertionError(f"no process has {words}")


@pytest.mark.parametrize(
    "words", ["worker.py io", "worker.py cpu", "scheduler.py", "wsgi:app", "/postgres -D", "redis.sock"]
)
def test_whatever_dies_comes_back_and_pings_are_answered_again(pingpong: Pingpong, words: str):
    killed = process_of(pingpong, words)
    orphans = descendants(killed.pid)
    killed.kill()
    wait_for_end([killed, *orphans])  # a gunicorn's orphan still answers, until it hangs up in the middle

    ping = wait_until(lambda: pingpong.is_ready() and sent(pingpong, "again"), 30, what="a ping to be taken")

    assert wait_until(lambda: pingpong.answer_to(ping), 20) == "pong again"


def test_a_second_one_on_the_same_data_is_refused_in_one_sentence(pingpong: Pingpong, shared_home: Path):
    second = refused(shared_home, free_port())

    assert second.returncode == 1
    assert re.fullmatch(r"Another pingpong is using the data in .*\n", second.stderr)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_process_is_left_after_a_stop_signal_and_the_next_start_keeps_the_history(
    home: Path, number: signal.Signals
):
    with running(home) as first:
        ping = first.send("remember")
        wait_until(lambda: first.answer_to(ping))
        family = descendants(first.runner.pid)
        first.runner.send_signal(number)

        assert first.runner.wait(30) == 0
        assert not any(map(is_alive, family))

    with running(home) as second:
        assert second.answer_to(ping) == "pong remember"


def test_nothing_outlives_it_when_it_is_killed_and_the_next_start_keeps_the_history(home: Path):
    with running(home) as first:
        ping = first.send("remember")
        wait_until(lambda: first.answer_to(ping))
        family = descendants(first.runner.pid)
        first.runner.kill()

        wait_for_end(family, 30)

    with running(home) as second:
        assert second.answer_to(ping) == "pong remember"


def test_it_starts_again_after_everything_was_killed(home: Path):
    with running(home) as first:
        ping = first.send("remember")
        wait_until(lambda: first.answer_to(ping))
        family = descendants(first.runner.pid)
        for process in (first.runner, *family):
            with suppress(psutil.NoSuchProcess):  # the death of the first takes others with it
                process.kill()

        wait_for_end(family, 30)

    with running(home) as second:
        assert second.answer_to(ping) == "pong remember"


def test_a_taken_port_is_said_in_one_sentence(home: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        second = refused(home, server.getsockname()[1])

    assert second.returncode == 1
    assert re.fullmatch(r"Port \d+ is taken: stop what .*PORT=<number>\.\n", second.stderr)


def test_a_database_that_refuses_is_said_in_one_sentence(home: Path):
    ended = refused(home, free_port(), DATABASE_URL=f"postgres://127.0.0.1:{free_port()}/pingpong")

    assert ended.returncode == 1
    assert re.fullmatch(r"The database of DATABASE_URL cannot be used .*\n", ended.stderr)


def test_a_bad_setting_is_said_in_one_sentence(home: Path):
    ended = refused(home, free_port(), LOG_LEVEL="loud")

    assert ended.returncode == 1
    assert re.fullmatch(r"LOG_LEVEL: .*\n", ended.stderr)
