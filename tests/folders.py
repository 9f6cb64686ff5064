"""Folders that the embedded Postgres' own user can reach, as a clone's usually is."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Make a folder that is open to all users, unlike pytest's own, and remove it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="pingpong-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
