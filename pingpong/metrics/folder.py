"""Where the web processes of one gunicorn keep what they count, for whichever of them is asked.

prometheus_client wants a folder with a file for each process, named in the environment before it is imported.
gunicorn's master makes it and takes it away, and loads nothing else for that.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own; no setting of ours."""
PREFIX = "pingpong-metrics-"
LOCK = "lock"
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - as for gunicorn's own files: counting must not wait for a disk

_held: list[int] = []


def share() -> Path:
    """Make the folder, or take over that of the gunicorn that this one replaces (SIGHUP, SIGUSR2).

    It is known by a lock, which the kernel gives back however its holders end: folders of those that were
    killed are removed.
    """
    folder = shared()
    if folder is None:
        place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        for left in place.glob(f"{PREFIX}*"):
            _remove_if_left(left)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        os.environ[VARIABLE] = str(folder)
    if not _held:
        _held.append(_lock(folder, fcntl.LOCK_SH))
    return folder


def shared() -> Path | None:
    """The folder, if this process is one of several that count together."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name and Path(name).is_dir() else None


def forget(pid: int) -> None:
    """A web process has ended: what it counted stays, how it stood does not.

    As the library's `mark_process_dead` does, which this process would have to load.
    """
    if folder := shared():
        for file in folder.glob(f"gauge_live*_{pid}.db"):
            file.unlink(missing_ok=True)


def discard() -> None:
    """Remove the folder, unless another gunicorn goes on with it. Only when all web processes have ended."""
    folder = shared()
    while folder and _held:
        with suppress(OSError):
            fcntl.flock(_held.pop(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def _lock(folder: Path, how: int) -> int:
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove_if_left(folder: Path) -> None:
    """Somebody else's, or one that is in use, stays."""
    with suppress(OSError):
        descriptor = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)
