"""What nobody has caught or meant to log becomes a log line like any other, instead of text on stderr."""

import io
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

log = logging.getLogger(__name__)


def catch_strays() -> None:
    """Log warnings, and exceptions that end the process, a thread or a greenlet, or come from a finalizer."""
    logging.captureWarnings(True)
    sys.excepthook = _log_end_of_process
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_end_of_thread
    if "gevent.hub" in sys.modules:
        sys.modules["gevent.hub"].Hub.print_exception = _log_end_of_greenlet


@contextmanager
def logged_end() -> Iterator[None]:
    """The boundary of a forked process: what breaks in it is logged. multiprocessing would print it."""
    try:
        yield
    except Exception:
        log.critical("process_broke", exc_info=True)
        raise SystemExit(1) from None


class StrayLines(io.TextIOBase):
    """Stands for standard error: each line that is written there is logged, as a warning of `stderr`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._unfinished = ""

    @classmethod
    def take_over_stderr(cls) -> None:
        """Let everything in this process that writes to `sys.stderr` write to the log."""
        if not isinstance(sys.stderr, cls):
            sys.stderr = cls(sys.stderr)

    def write(self, text: str) -> int:
        """Log the lines that this completes."""
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        for line in filter(str.strip, lines):
            logging.getLogger("stderr").warning("%s", line)
        return len(text)

    def flush(self) -> None:
        """Flush what lies below; a line that is not complete waits."""
        self._stream.flush()

    def fileno(self) -> int:
        """The descriptor, for what writes there without Python."""
        return self._stream.fileno()


def _log_end_of_process(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("process_broke", exc_info=(kind, error, trace))


def _log_end_of_thread(broken: threading.ExceptHookArgs) -> None:
    if broken.exc_type is not SystemExit:
        name = broken.thread.name if broken.thread else None
        error = broken.exc_value or broken.exc_type()
        log.error(
            "thread_broke", exc_info=(broken.exc_type, error, broken.exc_traceback), extra={"broken": name}
        )


def _log_unraisable(broken: "UnraisableHookArgs") -> None:
    error = broken.exc_value or broken.exc_type()
    log.error("finalizer_broke", exc_info=(broken.exc_type, error, broken.exc_traceback))


def _log_end_of_greenlet(
    _hub: object,
    context: object,
    kind: type[BaseException],
    error: BaseException | None,
    trace: TracebackType | None,
) -> None:
    """As `gevent.hub.Hub.print_exception`, which must not raise: its caller is the event loop.

    The context's own text would hold the arguments of its function.
    """
    with suppress(Exception):
        extra = {"broken": type(context).__name__}
        log.error("greenlet_broke", exc_info=(kind, error or kind(), trace), extra=extra)
