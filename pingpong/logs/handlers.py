"""The outputs of the log: a stream, and a file that many processes share."""

import errno
import fcntl
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

MODE = 0o640
CLOSED = -1


class OutputHandler(logging.StreamHandler[TextIO]):
    """A stream whose every line is of one form, even if a record cannot be formatted."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say that there was a line, and where; the standard library would print a stack."""
        with suppress(Exception):  # the stream is gone: nobody is left to be told
            self.stream.write(self.format(_lost(record)) + self.terminator)


class SharedFileHandler(logging.Handler):
    """Appends to one file, together with any number of processes of this machine, forked ones included.

    A file that has reached `max_bytes` becomes `name.1`, that one `name.2`, and so on; the oldest of
    `backups` is dropped. Each line is one write to a file opened for appending, which the kernel keeps in one
    piece. Whoever finds the file full renames it while it holds a lock; the others see before their next line
    that the name now stands for another file. A line that is written to the old one in between is not lost.

    A disk that is full, or a folder that is gone, stops no process: that is logged once, to the other
    outputs. So is that a full file cannot be renamed; it grows then. Raises OSError when it is made, if the
    file cannot be written.
    """

    def __init__(self, path: Path, *, max_bytes: int, backups: int) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes
        self._backups = backups
        self._is_failing = False
        self._is_stuck = False
        self._repair = b""
        self._file = self._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record as one line."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - as in the standard library: a bad record is no reason to fail
            line = self.format(_lost(record))
        try:
            self._write(line.encode(errors="backslashreplace") + b"\n")
            self._is_failing = False
        except OSError as error:
            self._say_once(error)

    def close(self) -> None:
        """Close the file. Nothing happens if that is done: logging closes all handlers at the end."""
        super().close()
        if self._file != CLOSED:
            os.close(self._file)
            self._file = CLOSED

    def _write(self, line: bytes) -> None:
        if not self._is_current() or self._is_outgrown():
            opened, replaced = self._open(), self._file
            self._file = opened
            os.close(replaced)
        if os.write(self._file, self._repair + line) < len(self._repair + line):
            self._repair = b"\n"  # the disk is full: the next line shall not go on where this one broke off
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._repair = b""

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)

    def _is_current(self) -> bool:
        """Whether the name still stands for the file that is open here."""
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._file))  # noqa: PTH116 - for every line
        except FileNotFoundError:
            return False

    def _is_outgrown(self) -> bool:
        """Whether the file was full and its name is free again, or stands for another."""
        return os.fstat(self._file).st_size >= self._max_bytes and self._make_room()

    def _make_room(self) -> bool:
        try:
            # The lock is that of an opening of our own: a forked process shares `_file`, and any lock on it.
            with self._path.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_current():
                    self._rotate()
        except BlockingIOError:
            return False  # another process is about to, and until then this is the file
        except FileNotFoundError:
            pass  # another process just has
        except OSError as error:
            self._say_stuck(error)
            return False
        return True

    def _rotate(self) -> None:
        for number in range(self._backups - 1, 0, -1):
            with suppress(FileNotFoundError):
                self._backup(number).replace(self._backup(number + 1))
        self._path.replace(self._backup(1))

    def _backup(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _say_stuck(self, error: OSError) -> None:
        if not self._is_stuck:
            self._is_stuck = True
            logging.getLogger(__name__).error("log_file_not_rotated", extra={"reason": error.strerror})

    def _say_once(self, error: OSError) -> None:
        if not self._is_failing:
            self._is_failing = True
            logging.getLogger(__name__).error("log_file_not_written", extra={"reason": error.strerror})


def _lost(record: logging.LogRecord) -> logging.LogRecord:
    """A record that stands for one that cannot be formatted."""
    lost = logging.LogRecord(
        record.name, logging.ERROR, record.pathname, record.lineno, "log_line_lost", (), None
    )
    lost.place = f"{record.pathname}:{record.lineno}"
    return lost
