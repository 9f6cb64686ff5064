"""A Redis for some tests alone: they empty it, stop it and kill it."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis, exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from pingpong.ops.embedded.redis import redis_program
from tests.waiting import wait_until

DATABASES = 500


class RedisServer:
    """On a Unix socket in `folder`. Keeps its data over a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "s"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def client(self, database: int = 0) -> Redis:
        return Redis.from_url(self.url, db=database, retry=Retry(NoBackoff(), 1))

    def start(self) -> None:
        where = ["--unixsocket", self._socket, "--port", "0", "--dir", self._folder]
        where += ["--databases", str(DATABASES)]
        keeping = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self._process = subprocess.Popen([redis_program(), *where, *keeping], stdout=subprocess.DEVNULL)
        wait_until(self._answers, what="redis to answer")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and commands, and answers none."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        yield
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except exceptions.ConnectionError:
            return False
