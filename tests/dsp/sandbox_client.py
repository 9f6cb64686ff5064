"""The sandbox as a real process, and what tests ask of it."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from pingpong.lifeline import die_with_parent

ROOT = Path(__file__).parents[2]
QUICK = {"latency_min": 0, "latency_max": 0, "processing_s": 0.2}
ANSWERS_WITHIN_S = 10
GONE_WITHIN_S = 10


class SandboxServer:
    """Runs from when it is made until `stop()` or the end of the `with` block.

    Options are those of the command line: `SandboxServer(limit=1000, window=60, latency_max=0.4)`. If not
    told otherwise it is quick: no latency, and an entity is pending for at most 0.2 s.
    """

    def __init__(self, *, log: Path | None = None, **options: object) -> None:
        self._options = {"port": 0, **QUICK, **options}
        self._log = log or Path("/dev/null")
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it again after `stop()` or `kill()`, on the same port; it has forgotten everything."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pingpong.dsp.sandbox", *self._arguments()],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - it only calls prctl
            )
        assert self.process.stdout
        self.line = self.process.stdout.readline()
        """What it says of itself."""
        found = re.search(r"http://\S+:(\d+)", self.line)
        assert found, f"the sandbox did not start: {self._arguments()}"
        self.url = found[0]
        self._options["port"] = int(found[1])

    def stop(self) -> int:
        """Stop it as a platform does; its exit code. Nothing happens if it is gone."""
        self.process.terminate()
        return self._see_off()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self._see_off()

    def mode(self, mode: str, **particulars: object) -> None:
        """Have something go wrong from now on: `mode("error_500", times=2, only="poll")`; "ok" ends it."""
        self._post("/sandbox/mode", {"mode": mode, **particulars})

    def stats(self) -> dict[str, Any]:
        """What it has counted and created."""
        return self._get("/sandbox/")

    def arrivals(self) -> list[dict[str, Any]]:
        """Requests to the platform, the oldest first.

        Each has `at` (this machine's monotonic seconds), `method`, `path`, `met` (a mode, or "limit") and
        `refused_for_s`.
        """
        arrivals: list[dict[str, Any]] = self._get("/sandbox/arrivals")["arrivals"]
        return arrivals

    def reset(self) -> None:
        """Have it forget everything."""
        self._post("/sandbox/reset", {})

    def _get(self, path: str) -> Any:
        response = requests.get(self.url + path, timeout=ANSWERS_WITHIN_S)
        assert response.ok, response.text
        return response.json()

    def _post(self, path: str, body: dict[str, object]) -> None:
        response = requests.post(self.url + path, json=body, timeout=ANSWERS_WITHIN_S)
        assert response.ok, response.text

    def _see_off(self) -> int:
        try:
            return self.process.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            if self.process.stdout:
                self.process.stdout.close()

    def _arguments(self) -> list[str]:
        return [f"--{name.replace('_', '-')}={value}" for name, value in self._options.items()]
