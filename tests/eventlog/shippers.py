"""Shippers as a platform runs them: processes of their own, to be signalled and killed."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pingpong.lifeline import die_with_parent
from pingpong.settings import Settings
from tests.processes import ROOT, python
from tests.waiting import wait_until

STARTS_WITHIN_S = 30
ENDS_WITHIN_S = 30


class Shippers:
    """Against the database of one test process. What they log is in `log`."""

    def __init__(self, folder: Path, settings: Settings, **environment: str) -> None:
        self._log = folder / "shippers.log"
        self._environment = {
            **os.environ,
            "PINGPONG_ENV": "test",
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "CLICKHOUSE_TIMEOUT_S": "2",
            "EVENTLOG_GATHER_S": "0.05",
            "EVENTLOG_BACKOFF_BASE_S": "0.05",
            "EVENTLOG_BACKOFF_CAP_S": "0.2",
            "EVENTLOG_LOOK_EVERY_S": "0.5",
            **environment,
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def log(self) -> str:
        return self._log.read_text()

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                python("shipper.py"),
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**self._environment, **environment},
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - it only calls prctl
            )
        self._processes.append(process)
        return process

    def waits_for_log(self, words: str, within_s: float = STARTS_WITHIN_S) -> None:
        wait_until(lambda: words in self.log, within_s, what=f"{words} in {self._log}")

    def kill_all(self) -> None:
        """Without a chance to say goodbye."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes.clear()


def leave(process: subprocess.Popen[bytes]) -> int:
    """Ask it to leave, and wait until it has; its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(ENDS_WITHIN_S)


@contextmanager
def shippers(folder: Path, settings: Settings, **environment: str) -> Iterator[Shippers]:
    """None of them is left in the end."""
    them = Shippers(folder, settings, **environment)
    try:
        yield them
    finally:
        them.kill_all()
