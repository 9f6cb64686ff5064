"""Processes under measurement: started, stopped, and their processor time and memory added up."""

# ruff: noqa: S603 - the commands are our own

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

from benchmarks.report import say
from pingpong.lifeline import die_with_parent

CLONE = Path(__file__).parent.parent
PEERS = CLONE / "benchmarks" / "peers"
STOPS_WITHIN_S = 30
IDLE_PERCENT = 15
"""Of all cores: what a system at rest and a quiet neighbour may take."""
IDLE_WITHIN_S = 60

began_busy: list[float] = []
"""What the processors were doing, in percent, whenever a measurement had to begin without rest."""


class Processes:
    """Named processes, each with its children."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self, name: str, command: Sequence[str | Path], cwd: Path, **environment: str
    ) -> subprocess.Popen[bytes]:
        """Start a process; its output goes to a file of its name."""
        with (self.home / f"{name}.log").open("ab") as output:
            self._started[name] = subprocess.Popen(
                command,
                cwd=cwd,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - it only calls prctl
            )
        return self._started[name]

    def stop(self) -> None:
        """End them, in the order in which they were started."""
        for process in self._started.values():
            process.terminate()
        for process in self._started.values():
            try:
                process.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._started.clear()

    def family(self, *names: str) -> list[psutil.Process]:
        """Those named, or all of them, and all that they started."""
        parents = [psutil.Process(self._started[name].pid) for name in names or self._started]
        return [member for parent in parents for member in [parent, *parent.children(recursive=True)]]


class Meter:
    """Processor time of processes that may come and go (Postgres has one for each connection)."""

    def __init__(self, family: Callable[[], Sequence[psutil.Process]]) -> None:
        self._family = family
        self._seen: dict[int, float] = {}
        self._before = self._read()

    def seconds(self) -> float:
        """Processor seconds that they have used since the meter was made."""
        return sum(used - self._before.get(pid, 0.0) for pid, used in self._read().items())

    def _read(self) -> dict[int, float]:
        for member in self._family():
            with suppress(psutil.Error):
                times = member.cpu_times()
                self._seen[member.pid] = times.user + times.system
        return dict(self._seen)


def wait_until_idle() -> None:
    """Wait until the machine was quiet for a second. Does not wait for ever, and says so if it gives up."""
    give_up_at = time.monotonic() + IDLE_WITHIN_S
    while (busy_percent := psutil.cpu_percent(interval=1)) > IDLE_PERCENT:
        if time.monotonic() > give_up_at:
            say(f"measuring all the same: the machine is not idle ({busy_percent:.0f} %)")
            began_busy.append(busy_percent)
            return


def memory_mb(members: Sequence[psutil.Process]) -> float:
    """Proportional set size: memory that is shared counts in parts."""
    return float(sum(member.memory_full_info().pss for member in members)) / 1e6


def anonymous_mb(members: Sequence[psutil.Process]) -> float:
    """The same without the pages of files, which come and go."""
    return sum(map(_anonymous_kib, members)) * 1024 / 1e6


def _anonymous_kib(member: psutil.Process) -> int:
    # https://docs.kernel.org/filesystems/proc.html
    lines = Path(f"/proc/{member.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))


@cache
def own_python() -> Path:
    """The Python of an environment such as a platform makes: without the packages of tests and tools."""
    return _environment("own", CLONE / "requirements.txt")


@cache
def peers_python() -> Path:
    """The Python of the peers' own environment."""
    return _environment("peers", PEERS / "requirements.txt")


def _environment(name: str, requirements: Path) -> Path:
    """Made when it is first asked for, and brought up to date."""
    python = CLONE / "var" / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    return python
