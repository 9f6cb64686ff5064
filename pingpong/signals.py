"""Signals as something to wait for, instead of code that runs anywhere."""

import contextlib
import select
import signal
import socket
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Self


class SignalInbox:
    """Collects signals while it is open, in the main thread.

    A handler that set an Event could interrupt the main thread inside that very Event and wait for ever,
    so the interpreter writes their numbers to a socket instead (signal.set_wakeup_fd).
    """

    def __init__(self, signals: Sequence[signal.Signals]) -> None:
        self._signals = signals
        self._reader, self._writer = socket.socketpair()

    def __enter__(self) -> Self:
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._former_descriptor = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._former_handlers = {number: signal.signal(number, _only_wake) for number in self._signals}
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._former_handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._former_descriptor)
        self._reader.close()
        self._writer.close()

    def wait(self, timeout_s: float, beside: Sequence[int] = ()) -> set[int]:
        """Return the numbers of the signals that came, as soon as one comes.

        Empty after `timeout_s`, or when one of the descriptors `beside` can be read.
        """
        select.select([self._reader.fileno(), *beside], [], [], max(0, timeout_s))
        with contextlib.suppress(BlockingIOError):
            return set(self._reader.recv(4096))
        return set()


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """Replace the default action."""
