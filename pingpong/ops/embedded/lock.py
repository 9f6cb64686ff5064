"""One user of a data folder at a time."""

import fcntl
import os
from pathlib import Path

from pingpong.ops.refusal import CannotStart


class FolderLock:
    """Marks a folder as in use, until it is released or this process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the folder. Taking it twice is fine; raises CannotStart if another process has it."""
        if self._descriptor is not None:
            return
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise CannotStart(
                f"Another pingpong is using the data in {self._folder}: "
                "stop that one, or choose another folder with PINGPONG_DATA."
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the folder back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
