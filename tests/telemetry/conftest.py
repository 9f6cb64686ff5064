"""Where reports and traces go, and somebody who causes them."""

from collections.abc import Iterator, Mapping, Sequence

import pytest

from tests.api_client import ApiClient
from tests.stack import COMMANDS, Stack
from tests.telemetry.receiver import Received, receiver


@pytest.fixture(scope="module")
def received() -> Iterator[Received]:
    with receiver() as received:
        yield received


@pytest.fixture
def ada(stack: Stack) -> ApiClient:
    return ApiClient(stack.url)


@pytest.fixture(scope="module")
def patient_commands() -> Mapping[str, Sequence[str]]:
    """Those of a platform, which lose nothing to a slow receiver: it shares its process with the tests."""
    return {**COMMANDS, "cruncher": ("-m", "tests.telemetry.patient_worker", "cpu")}
