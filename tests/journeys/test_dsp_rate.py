"""Two real minutes at the limit that the third party really has: 40 requests in any 60 seconds.

The sandbox says whether it was ever too many. How many at least is counted where they leave: it shares the
machine with all that they keep busy, and may see them late.
"""

import time

import pytest
from redis import Redis

from pingpong.dsp.limiter import WINDOW_KEY, RateLimit
from tests.api_client import ApiClient
from tests.dsp.sandbox_client import SandboxServer
from tests.dsp.simulation import fewest_within, most_within, smallest_distance
from tests.stack import Stack
from tests.waiting import wait_until

LIMIT, MINUTE_S = 40, 60
RUN_S = 125
LEAST_A_MINUTE = 38
ROUNDED_S = 0.002


@pytest.mark.timeout(300)
def test_with_a_backlog_there_are_at_least_38_a_minute_and_never_more_than_40(tmp_path):
    with (
        SandboxServer(
            limit=LIMIT, window=MINUTE_S, latency_min=0.05, latency_max=0.4, processing_s=3
        ) as sandbox,
        Stack(tmp_path, DSP_API_URL=sandbox.url) as stack,
        Redis.from_url(stack.redis_url) as redis,
    ):
        entities = [{"entity_type": "campaign", "payload": {"name": f"{number}"}} for number in range(100)]
        ApiClient(stack.url).post("/api/dsp/entities/", entities=entities)
        wait_until(lambda: sandbox.stats()["received"] > 0, 30)
        given = leaves_of(redis, RUN_S)
        stack.stop("worker")
        left = moments_noted(stack)
        stats = sandbox.stats()

    assert stats["violations"] == 0
    assert len(left) == stats["received"]
    assert fewest_within(left, MINUTE_S) >= LEAST_A_MINUTE
    assert most_within(left, MINUTE_S) <= LIMIT
    assert smallest_distance(given) >= RateLimit(LIMIT, MINUTE_S).between_s / 2 - ROUNDED_S


def leaves_of(redis: Redis, seconds: float) -> list[float]:
    """When leave was given, in seconds: the window forgets it after a minute."""
    given: dict[bytes, float] = {}
    ends_at_s = time.monotonic() + seconds

    def note() -> bool:
        given.update(redis.zrange(WINDOW_KEY, 0, -1, withscores=True))
        return time.monotonic() > ends_at_s

    wait_until(note, seconds + 10)
    return sorted(at_ms / 1000 for at_ms in given.values())


def moments_noted(stack: Stack) -> list[float]:
    """When each request that was answered left, in seconds."""
    with stack.postgres() as postgres:
        found = postgres.execute("SELECT extract(epoch FROM at)::float8 FROM dsp_audit ORDER BY at")
        return [at for (at,) in found]
