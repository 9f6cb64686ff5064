"""`make run`, from the first start to the last process gone."""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ops.conftest import home
from tests.processes import child_running, descendants, is_alive, python, started, wait_for_end
from tests.waiting import wait_until

__all__ = ["home"]  # a fixture

pytestmark = pytest.mark.xdist_group("make-run")

RUN = python("-m", "pingpong.ops.run")
READY_WITHIN_S = 60
GIVEN = ("DATABASE_URL", "REDIS_URL", "PORT", "PINGPONG_DATA", "PINGPONG_ENV")


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
    return number


@contextmanager
def running(home: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """Start everything and wait for the line with the URL."""
    home.mkdir(exist_ok=True)
    with (home / "log").open("a") as log, (home / "line").open("w") as line:
        with started(RUN, env=environment(home, port), stdout=line, stderr=log) as runner:
            wait_until((home / "line").read_text, READY_WITHIN_S, what="the line with the URL")
            yield runner


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in GIVEN}
    return {**clean, "PORT": str(port), "PINGPONG_DATA": str(home), "PING_DELAY_S": "0", **more}


def refusal(home: Path, port: int, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        RUN, check=False, env=environment(home, port, **more), capture_output=True, text=True, timeout=60
    )


def send(port: int, message: str) -> str:
    request = urllib.request.Request(
        f"http://localhost:{port}/submit/",
        json.dumps({"message": message}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)["id"]


def answer(port: int, ping: str) -> str | None:
    with urllib.request.urlopen(f"http://localhost:{port}/api/tasks/results/{ping}/") as response:
        return json.load(response)["reply"]


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/readyz") as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def test_its_one_line_has_the_url_where_a_ping_is_answered(home: Path, port: int):
    with running(home, port):
        ping = send(port, "hello")

        assert wait_until(lambda: answer(port, ping)) == "pong hello"
        assert re.fullmatch(rf"Pingpong is ready: http://localhost:{port}/\n", (home / "line").read_text())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_process_is_left_after_a_stop_signal(home: Path, port: int, number: signal.Signals):
    with running(home, port) as runner:
        family = descendants(runner.pid)
        runner.send_signal(number)

        assert runner.wait(30) == 0
        assert len(family) > 5
        assert not any(map(is_alive, family))


def test_the_second_start_keeps_the_history_and_takes_seconds(home: Path, port: int):
    with running(home, port) as runner:
        ping = send(port, "remember")
        wait_until(lambda: answer(port, ping))
        runner.terminate()
        runner.wait(30)

    with running(home, port):
        assert answer(port, ping) == "pong remember"


def test_it_starts_again_after_everything_was_killed(home: Path, port: int):
    with running(home, port) as runner:
        ping = send(port, "remember")
        wait_until(lambda: answer(port, ping))
        for process in (runner, *descendants(runner.pid)):
            process.kill()

    with running(home, port):
        assert answer(port, ping) == "pong remember"


@pytest.mark.parametrize("words", ["worker.py", "scheduler.py", "wsgi:app", "-D", "redis"])
def test_whatever_dies_comes_back_and_pings_are_answered_again(home: Path, port: int, words: str):
    with running(home, port) as runner:
        killed = next(child for child in descendants(runner.pid) if words in " ".join(child.cmdline()))
        killed.kill()
        wait_for_end([killed])

        wait_until(lambda: is_ready(port), 30, what="/readyz")
        ping = send(port, "again")

        assert wait_until(lambda: answer(port, ping), 20) == "pong again"


def test_nothing_outlives_it_when_it_is_killed(home: Path, port: int):
    with running(home, port) as runner:
        family = descendants(runner.pid)
        runner.kill()

        wait_for_end(family, 30)


def test_a_taken_port_is_said_in_one_sentence(home: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        refused = refusal(home, server.getsockname()[1])

    assert refused.returncode == 1
    assert re.fullmatch(r"Port \d+ is taken: stop what .*PORT=<number>\.\n", refused.stderr)


def test_a_database_that_refuses_is_said_in_one_sentence(home: Path, port: int):
    refused = refusal(home, port, DATABASE_URL=f"postgres://127.0.0.1:{port}/pingpong")

    assert refused.returncode == 1
    assert re.fullmatch(r"The database of DATABASE_URL cannot be used .*\n", refused.stderr)


def test_a_bad_setting_is_said_in_one_sentence(home: Path, port: int):
    refused = refusal(home, port, LOG_LEVEL="loud")

    assert refused.returncode == 1
    assert re.fullmatch(r"LOG_LEVEL: .*\n", refused.stderr)


def test_a_second_one_on_the_same_data_is_refused_in_one_sentence(home: Path, port: int):
    with running(home, port) as runner, socket.create_server(("127.0.0.1", 0)) as server:
        other_port = server.getsockname()[1]
        server.close()
        refused = refusal(home, other_port)

        assert refused.returncode == 1
        assert re.fullmatch(r"Another pingpong is using the data in .*\n", refused.stderr)
        assert child_running(runner.pid, "worker.py")
