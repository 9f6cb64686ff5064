from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.folders import reachable_folder


@pytest.fixture
def home() -> Iterator[Path]:
    """Where the embedded servers may keep their data; not made yet."""
    with reachable_folder() as folder:
        yield folder / "var"
