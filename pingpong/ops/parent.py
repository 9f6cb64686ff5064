"""The `make` that started us, which does not pass on every signal that it gets."""

import os
import signal
from pathlib import Path

from pingpong.lifeline import follow_parent


class Make:
    """Our parent process, if it is `make`.

    GNU make passes SIGTERM on. When it alone gets SIGINT, it waits for us and says nothing; what shows is
    that it no longer catches SIGINT (`fatal_error_signal` in its source resets the handler first). When it is
    killed, the kernel tells us. Both work on Linux only; elsewhere this notices nothing.
    """

    def __init__(self) -> None:
        self._status = Path(f"/proc/{os.getppid()}/status")
        self._caught_at_first = self._catches_interrupts()
        follow_parent()

    def was_interrupted(self) -> bool:
        """Whether it has got a SIGINT and is waiting for us to end."""
        return self._caught_at_first and not self._catches_interrupts()

    def _catches_interrupts(self) -> bool:
        try:
            lines = self._status.read_text().splitlines()
        except OSError:
            return False
        caught = next((line.split()[1] for line in lines if line.startswith("SigCgt:")), "0")
        return bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)
