"""Two real minutes at the limit that the third party really has: 40 requests in any 60 seconds."""

import time
from itertools import pairwise

import pytest

from tests.api_client import ApiClient
from tests.dsp.sandbox_client import SandboxServer
from tests.stack import Stack
from tests.waiting import wait_until

MINUTE_S = 60
RUN_S = 125
LEAST_A_MINUTE = 38
BURST_S = 0.5
"""Leave is given every 1.5 s."""


@pytest.mark.timeout(300)
def test_with_a_backlog_there_are_at_least_38_a_minute_and_never_more_than_40(tmp_path):
    with (
        SandboxServer(
            limit=40, window=MINUTE_S, latency_min=0.05, latency_max=0.4, processing_s=3
        ) as sandbox,
        Stack(tmp_path, DSP_API_URL=sandbox.url) as stack,
    ):
        entities = [{"entity_type": "campaign", "payload": {"name": f"{number}"}} for number in range(100)]
        ApiClient(stack.url).post("/api/dsp/entities/", entities=entities)
        wait_until(lambda: sandbox.stats()["received"] > 0, 30)
        began_at_s = time.monotonic()
        wait_until(lambda: time.monotonic() > began_at_s + RUN_S, RUN_S + 10)
        times = [one["at"] for one in sandbox.arrivals() if one["at"] >= began_at_s]
        stats = sandbox.stats()

    minutes = [at for at in times if at + MINUTE_S <= times[-1]]
    assert min(sum(at < other <= at + MINUTE_S for other in times) for at in minutes) >= LEAST_A_MINUTE
    assert stats["violations"] == 0
    assert stats["most_in_window"] <= 40
    assert min(later - earlier for earlier, later in pairwise(times)) > BURST_S
