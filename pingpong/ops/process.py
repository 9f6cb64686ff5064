"""One line of the Procfile, running."""

# ruff: noqa: S603 - the commands are the Procfile's

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pingpong.lifeline import die_with_parent


class ProcfileProcess:
    """A process that can be started again after it has ended, each time in a process group of its own."""

    process: subprocess.Popen[bytes]

    def __init__(self, name: str, command: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = command
        self._folder = folder
        self._environment = environment

    def start(self) -> None:
        """Start it, its output going to our standard error: our standard output is for one line only."""
        self.process = subprocess.Popen(
            # A shell reads the line, as on a platform, and `exec` leaves no shell in a signal's way.
            ["/bin/sh", "-c", f"exec {self._command}"],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            start_new_session=True,  # the terminal's Ctrl-C is for us, who stop things in order
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - see die_with_parent
        )

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process itself; what its children are told, and when, is its own affair."""
        self.process.terminate()

    def kill_all(self) -> None:
        """End it and whatever it has left behind in its group, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
