"""`make run` as a user has it: started, asked over HTTP, stopped."""

import json
import os
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import python, started
from tests.waiting import wait_until

RUN = python("-m", "pingpong.ops.run")
READY_WITHIN_S = 60
GIVEN = ("DATABASE_URL", "REDIS_URL", "PORT", "PINGPONG_DATA", "PINGPONG_ENV")


@dataclass
class Pingpong:
    """All of it, running."""

    runner: subprocess.Popen[str]
    port: int
    line: str

    def send(self, message: str) -> str:
        """Send a message; return its id."""
        return self._json("/submit/", json.dumps({"message": message}).encode())["id"]

    def answer_to(self, ping: str) -> str | None:
        """Return the answer, if it is there."""
        return self._json(f"/api/tasks/results/{ping}/")["reply"]

    def is_ready(self) -> bool:
        try:
            return self._json("/readyz")["status"] == "ready"
        except (urllib.error.URLError, ConnectionError):
            return False

    def _json(self, path: str, body: bytes | None = None) -> dict:
        headers = {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(f"http://localhost:{self.port}{path}", body, headers)
        with urllib.request.urlopen(request) as response:
            return json.load(response)


@contextmanager
def running(home: Path) -> Iterator[Pingpong]:
    """Start everything with its data in `home`, and wait for the line with the URL."""
    home.mkdir(exist_ok=True)
    port, line = free_port(), home / "line"
    with (
        (home / "log").open("a") as log,
        line.open("w") as output,
        started(RUN, env=environment(home, port), stdout=output, stderr=log) as runner,
    ):
        wait_until(line.read_text, READY_WITHIN_S, what="the line with the URL")
        yield Pingpong(runner, port, line.read_text())


def refused(home: Path, port: int, **more: str) -> subprocess.CompletedProcess[str]:
    """Start what will not start; return how it ended."""
    return subprocess.run(
        RUN, check=False, env=environment(home, port, **more), capture_output=True, text=True, timeout=60
    )


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    """Return our environment without what could replace the embedded servers."""
    clean = {name: value for name, value in os.environ.items() if name not in GIVEN}
    return {**clean, "PORT": str(port), "PINGPONG_DATA": str(home), "PING_DELAY_S": "0", **more}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
