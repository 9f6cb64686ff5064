"""The whole of pingpong as a platform runs it: gunicorn, a worker and a scheduler on databases of their own."""

import os
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from pingpong.ops.lifeline import die_with_parent
from tests.servers import Servers, start_servers
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "web": ("-m", "gunicorn", "wsgi:app"),
    "worker": ("worker.py", "io"),
    "scheduler": ("scheduler.py",),
}
UP_WITHIN_S = 60
GONE_WITHIN_S = 30


class Stack:
    """Real processes on a free port, until the end of the `with` block."""

    def __init__(self, home: Path, servers: Servers | None = None, **settings: str) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._servers = servers or start_servers(home)
        self._owns_servers = servers is None
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **os.environ,
            "PINGPONG_ENV": "test",
            "DATABASE_URL": self._servers.database_url,
            "REDIS_URL": self._servers.redis_url,
            "PORT": str(self.port),
            **settings,
        }

    def __enter__(self) -> Self:
        self._python("-m", "flask", "--app", "wsgi", "db", "upgrade").wait(UP_WITHIN_S)
        for name in COMMANDS:
            self.start(name)
        wait_until(lambda: self.answers("/readyz"), UP_WITHIN_S, what=f"pingpong, see {self.home}/*.log")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in [*self._processes]:
            self.stop(name)
        if self._owns_servers:
            self._servers.stop()

    def start(self, name: str) -> None:
        """Start one of the processes; nothing happens if it runs."""
        if name not in self._processes:
            self._processes[name] = self._python(*COMMANDS[name], log=name)

    def stop(self, name: str) -> None:
        """Stop one of the processes as a deploy does, and wait until it is gone."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def answers(self, path: str) -> bool:
        """Whether a GET of this path is answered with 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _python(self, *arguments: str, log: str = "setup") -> subprocess.Popen[bytes]:
        with (self.home / f"{log}.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
