"""The runner: real processes and real kills."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.processes import child_running, descendants, is_alive, python, started, wait_for_end
from tests.waiting import wait_until

SLEEPER = "sleeper: sleep 1000\n"
FAMILY = "import subprocess, time; subprocess.Popen(['sleep', '2000']); time.sleep(1000)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux' kernel tells of a parent's death")


@contextmanager
def running(folder: Path, procfile: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    (folder / "Procfile").write_text(procfile)
    command = python("-m", "tests.ops.supervisor", folder / "Procfile", *arguments)
    with (folder / "log").open("w") as log, started(command, stderr=log) as runner:
        yield runner


def child(runner: subprocess.Popen[str], *words: str) -> psutil.Process:
    return wait_until(lambda: child_running(runner.pid, *words), what=" ".join(words))


def test_a_process_that_is_killed_is_back_after_a_second(tmp_path: Path):
    with running(tmp_path, SLEEPER) as runner:
        killed = child(runner, "sleep")
        killed.kill()
        wait_for_end([killed])
        ended_at = time.monotonic()

        child(runner, "sleep")

        assert 0.8 < time.monotonic() - ended_at < 3


def test_what_a_killed_process_leaves_behind_is_gone_before_it_is_back(tmp_path: Path):
    (tmp_path / "family.py").write_text(FAMILY)
    with running(tmp_path, "family: python family.py\n") as runner:
        orphan = child(runner, "sleep", "2000")
        child(runner, "family.py").kill()

        wait_for_end([orphan])

        assert child(runner, "sleep", "2000").pid != orphan.pid


def test_the_log_says_which_process_ended_and_how(tmp_path: Path):
    with running(tmp_path, "brief: sh -c 'exit 3'\n"):
        ended = wait_until(lambda: _lines(tmp_path, "process_ended"))[0]

        assert "name=brief" in ended
        assert "exit_code=3" in ended


def test_the_release_line_is_not_started(tmp_path: Path):
    with running(tmp_path, "release: sleep 3000\n" + SLEEPER) as runner:
        child(runner, "sleep", "1000")

        assert child_running(runner.pid, "3000") is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_ends_everything_and_the_exit_code_is_0(tmp_path: Path, number: signal.Signals):
    with running(tmp_path, SLEEPER + "other: sleep 1001\n") as runner:
        family = [child(runner, "1000"), child(runner, "1001")]

        runner.send_signal(number)

        assert runner.wait(10) == 0
        assert not any(map(is_alive, family))


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path):
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    with running(tmp_path, "stubborn: python stubborn.py\n", "0.5") as runner:
        stubborn = child(runner, "stubborn.py")
        wait_until(lambda: _ignores_sigterm(stubborn))

        runner.terminate()

        assert runner.wait(10) == 0
        assert not is_alive(stubborn)


def test_ctrl_c_in_the_terminal_reaches_the_runner_only(tmp_path: Path):
    with running(tmp_path, SLEEPER) as runner:
        sleeper = child(runner, "sleep")

        assert os.getpgid(sleeper.pid) != os.getpgid(runner.pid)
        assert os.getsid(sleeper.pid) != os.getsid(runner.pid)


@on_linux
def test_nothing_outlives_a_runner_that_is_killed(tmp_path: Path):
    with running(tmp_path, SLEEPER) as runner:
        family = [child(runner, "sleep")]

        runner.kill()

        wait_for_end(family)


@on_linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_only_the_make_that_started_it_is_signalled(
    tmp_path: Path, number: signal.Signals
):
    command = f"{sys.executable} -m tests.ops.supervisor {tmp_path}/Procfile --end-with-make"
    (tmp_path / "Procfile").write_text(SLEEPER)
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {command}\n")

    with started(["make", "-f", tmp_path / "Makefile", "run"]) as make:
        wait_until(lambda: child_running(make.pid, "sleep"))
        family = descendants(make.pid)
        make.send_signal(number)

        wait_for_end(family)


def _ignores_sigterm(process: psutil.Process) -> bool:
    status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    ignored = next(line.split()[1] for line in status if line.startswith("SigIgn:"))
    return bool(int(ignored, 16) >> (signal.SIGTERM - 1) & 1)


def _lines(folder: Path, word: str) -> list[str]:
    return [line for line in (folder / "log").read_text().splitlines() if word in line]
