"""Where reports and traces go, and somebody who causes them."""

from collections.abc import Iterator

import pytest

from tests.api_client import ApiClient
from tests.stack import Stack
from tests.telemetry.receiver import Received, receiver


@pytest.fixture(scope="module")
def received() -> Iterator[Received]:
    with receiver() as received:
        yield received


@pytest.fixture
def ada(stack: Stack) -> ApiClient:
    return ApiClient(stack.url)
