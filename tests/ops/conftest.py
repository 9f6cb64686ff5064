"""A folder that the embedded Postgres' own user can reach, as a clone's usually is."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    # pytest's own folders are closed to other users
    folder = Path(tempfile.mkdtemp(prefix="pingpong-test-"))
    folder.chmod(0o755)
    yield folder / "var"
    shutil.rmtree(folder)
