"""Real processes in tests: started, watched, and gone when the test ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent


@contextmanager
def started(command: Sequence[str | Path], **options: object) -> Iterator[subprocess.Popen[str]]:
    """Start a process in the clone's folder; with it, what it has started is killed in the end."""
    defaults = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    process = subprocess.Popen(command, start_new_session=True, **{**defaults, **options})
    try:
        yield process
    finally:
        for member in descendants(process.pid):
            with suppress(psutil.NoSuchProcess):
                member.kill()
        process.kill()
        process.communicate()


def python(*arguments: str | Path) -> list[str | Path]:
    """Return the command that runs this Python."""
    return [sys.executable, *arguments]


def run_code(code: str) -> subprocess.CompletedProcess[str]:
    """Run this Python code in a process of its own, to its end; returns what it said."""
    return subprocess.run(
        python("-c", code), check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def descendants(pid: int) -> list[psutil.Process]:
    """Return all processes that this one and its children have started and that still run."""
    try:
        return [child for child in psutil.Process(pid).children(recursive=True) if is_alive(child)]
    except psutil.NoSuchProcess:
        return []


def child_running(pid: int, *words: str) -> psutil.Process | None:
    """Return a process among the descendants whose command line has all these words."""
    for child in descendants(pid):
        try:
            if set(words) <= set(child.cmdline()):
                return child
        except psutil.Error:
            continue
    return None


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs; what only waits to be reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for_end(processes: Sequence[psutil.Process], timeout: float = 15) -> None:
    """Return when none of them runs any more; fails, naming them, if some do for too long."""
    assert processes
    wait_until(lambda: not any(map(is_alive, processes)), timeout, what=f"the end of {processes}")


def kill_group(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Kill a process and all in its group, without a chance to say goodbye."""
    os.killpg(process.pid, signal.SIGKILL)
