"""A ClickHouse server as a test sees it: started, asked, broken, killed, and started again where it was."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import requests

from pingpong.lifeline import die_with_parent
from tests.stack import ROOT, free_port
from tests.waiting import wait_until

STARTS_WITHIN_S = 30


class ClickHouseProcess:
    """Its folder and its port stay when it is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"clickhouse://127.0.0.1:{self._port}"
        self._http = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Nothing happens if it runs."""
        if self._process is not None:
            return
        module, data = "tests.eventlog.clickhouse_server", self._folder / "data"
        command = [sys.executable, "-m", module, str(data), str(self._port)]
        with (self._folder / "clickhouse.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - it only calls prctl
            )
        wait_until(self._answers, STARTS_WITHIN_S, what=f"ClickHouse, see {self._folder}/clickhouse.log")

    def renew(self) -> None:
        """It runs, all is well, and nobody has opened it yet."""
        self.start()
        self.mends()
        self.profile()
        for table in ("events", "event_log_versions"):
            self.tell(f"DROP TABLE IF EXISTS {table} SYNC")

    def kill(self) -> None:
        """Without a chance to finish anything. Nothing happens if it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def family(self) -> list[psutil.Process]:
        """The process, for who measures it."""
        return [psutil.Process(self._process.pid)] if self._process else []

    def lose_parts(self) -> None:
        """Remove what was inserted from the disk, while it does not run; the log of tokens stays.

        As if it had been killed after the one and before the other was written.
        """
        for part in (self._folder / "data" / "store").glob("*/*/[0-9]*_*_*_*/"):
            shutil.rmtree(part)

    def breaks(self, mode: str, **values: Any) -> None:
        """From now on: see `Fault`."""
        requests.post(f"{self._http}/faults", json={"mode": mode, **values}, timeout=10).raise_for_status()

    def mends(self) -> None:
        """All is well from now on; what hangs goes on."""
        self.breaks("ok")

    def profile(self, **settings: Any) -> None:
        """Settings of the user from now on."""
        texts = {name: str(value) for name, value in settings.items()}
        requests.post(f"{self._http}/profile", json=texts, timeout=10).raise_for_status()

    def seen(self) -> dict[str, Any]:
        """How many inserts were `received`, are `under_way`, are `hanging`, and their `tokens`."""
        seen: dict[str, Any] = requests.get(f"{self._http}/faults", timeout=10).json()
        return seen

    def ask(self, query: str, **settings: Any) -> list[list[Any]]:
        """The rows of a query's answer; settings of the query as keywords."""
        answer = requests.post(
            self._http, params=settings, data=f"{query} FORMAT JSONCompact".encode(), timeout=60
        )
        assert answer.ok, answer.text
        rows: list[list[Any]] = answer.json()["data"]
        return rows

    def tell(self, statement: str, **settings: Any) -> None:
        """Something without an answer."""
        answer = requests.post(self._http, params=settings, data=statement.encode(), timeout=60)
        assert answer.ok, answer.text

    def counts(self) -> tuple[int, int]:
        """How many events are there, and how many different ones."""
        count, different = self.ask("SELECT count(), uniqExact(id) FROM events")[0]
        return int(count), int(different)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self._http}/ping", timeout=5).ok
        except requests.RequestException:
            return False
