from collections.abc import Iterator

import pytest

from tests.dsp.sandbox_client import SandboxServer


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer(limit=100_000, processing_s=0) as server:
        yield server


@pytest.fixture
def sandbox(running: SandboxServer) -> SandboxServer:
    """One that has forgotten what the tests before it did, and finishes at once."""
    running.reset()
    return running
