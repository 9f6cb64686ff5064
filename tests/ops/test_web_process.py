"""gunicorn as gunicorn.conf.py sets it up."""

import os
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from tests.journeys.running import free_port
from tests.processes import descendants, python, started, wait_for_end
from tests.waiting import wait_until

GRACEFUL_TIMEOUT_S = 20  # gunicorn.conf.py


class Web:
    """A gunicorn and how to ask it."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process = process
        self.log = log
        self._port = port

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self._port, timeout=10)

    def answers(self) -> bool:
        try:
            connection = self.connect()
            return ask(connection) == "http"
        except OSError:
            return False
        finally:
            connection.close()


def ask(connection: HTTPConnection, **headers: str) -> str:
    connection.request("GET", "/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    return connection.getresponse().read().decode()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    port, log = free_port(), tmp_path / "log"
    environment = {**os.environ, "PORT": str(port), "WEB_CONCURRENCY": "1", "HOME": str(tmp_path)}
    command = python("-m", "gunicorn", "tests.ops.tiny_app:app")
    with log.open("w") as output, started(command, env=environment, stdout=output, stderr=output) as process:
        web = Web(process, port, log)
        wait_until(web.answers, 20)
        yield web


def test_it_leaves_at_once_though_idle_connections_are_open(web: Web):
    idle = [web.connect() for _ in range(3)]
    for connection in idle:
        ask(connection)

    asked_at = time.monotonic()
    web.process.terminate()

    assert web.process.wait(GRACEFUL_TIMEOUT_S) == 0
    assert time.monotonic() - asked_at < GRACEFUL_TIMEOUT_S / 2


def test_a_request_in_progress_is_answered_before_it_leaves(web: Web, tmp_path: Path):
    slow, begun = web.connect(), tmp_path / "begun"
    slow.request("GET", f"/slow?begun={begun}")
    wait_until(begun.exists)

    web.process.terminate()

    assert slow.getresponse().read() == b"http"


def test_a_web_worker_that_is_killed_is_replaced(web: Web):
    killed: list[psutil.Process] = descendants(web.process.pid)
    for worker in killed:
        worker.kill()
    wait_for_end(killed)

    wait_until(web.answers, 20)


def test_forwarded_headers_are_left_to_trusted_proxies(web: Web):
    assert ask(web.connect(), X_Forwarded_Proto="https") == "http"


def test_its_log_looks_like_all_others(web: Web):
    assert "Listening at" in web.log.read_text()
    assert all("process=web" in line for line in web.log.read_text().splitlines())


def test_it_leaves_no_control_socket_in_the_home_folder(web: Web):
    assert not list(web.log.parent.glob(".gunicorn*"))
