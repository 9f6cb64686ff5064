"""Submissions with real processes, to a sandbox of a third party that counts what comes."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.api_client import ApiClient
from tests.dsp.sandbox_client import SandboxServer
from tests.stack import Stack
from tests.waiting import wait_until

QUICK = {"DSP_RATE_LIMIT": "80", "DSP_RATE_WINDOW_S": "20", "DSP_TIMEOUT_S": "2", "DSP_POLL_FIRST_S": "1"}
WORKERS = {"WORKER_HEARTBEAT_S": "1", "DEAD_WORKER_AFTER_S": "3"}
ENTITIES = 60
TURNS = 40
"""Looks at the sandbox, in which there would have been several requests."""


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """One that allows 80 requests in 20 seconds, and takes up to 0.5 s to answer."""
    with SandboxServer(limit=80, window=20, latency_max=0.5, processing_s=0.5) as running:
        yield running


@pytest.fixture
def stack(tmp_path, sandbox) -> Iterator[Stack]:
    with Stack(tmp_path, DSP_API_URL=sandbox.url, **QUICK, **WORKERS) as running:
        yield running


def graph(count: int = ENTITIES) -> list[dict[str, object]]:
    """Campaigns with three ad groups each, these with one creative each, and so on, until they are enough."""
    return [
        {
            "ref": f"e{number}",
            "entity_type": "campaign" if number < 4 else "ad_group",
            "payload": {"name": f"e{number}", **({} if number < 4 else {"parent": parent(number)})},
            "depends_on": [] if number < 4 else [f"@e{number // 4}"],
        }
        for number in range(count)
    ]


def parent(number: int) -> dict[str, str]:
    return {"$ref": f"e{number // 4}.remote_id"}


def create(ada: ApiClient, entities: list[dict[str, object]]) -> None:
    ada.post("/api/dsp/entities/", entities=entities)


def statuses(ada: ApiClient) -> Counter[str]:
    told = ada.get("/api/dsp/standing/")["entities"]
    return Counter({status: count for status, count in told.items() if count})


def created(sandbox: SandboxServer) -> Counter[str]:
    return Counter(one["body"]["name"] for one in sandbox.stats()["entities"])


def each_once(count: int = ENTITIES) -> Counter[str]:
    return Counter({f"e{number}": 1 for number in range(count)})


@pytest.mark.timeout(300)
def test_workers_that_are_killed_every_ten_seconds_create_each_entity_exactly_once(stack, sandbox):
    ada = ApiClient(stack.url)
    create(ada, graph())

    def all_done_or_kill() -> bool:
        stack.kill("worker")
        stack.start("worker")
        try:
            return wait_until(lambda: statuses(ada) == {"completed": ENTITIES}, 10)
        except AssertionError:
            return False

    wait_until(all_done_or_kill, 170)

    assert created(sandbox) == each_once()
    assert sandbox.stats()["violations"] == 0


def test_a_redis_that_forgets_everything_leads_to_no_violation_and_no_loss(stack, sandbox):
    ada = ApiClient(stack.url)
    create(ada, graph(30))

    for done in (3, 8, 15, 24):
        wait_until(lambda done=done: statuses(ada)["completed"] >= done, 60)
        stack.flush_redis()

    wait_until(lambda: statuses(ada) == {"completed": 30}, 60)
    assert created(sandbox) == each_once(30)
    assert sandbox.stats()["violations"] == 0


def test_while_redis_is_away_nothing_is_sent(stack, sandbox):
    ada = ApiClient(stack.url)
    create(ada, graph())
    wait_until(lambda: statuses(ada)["completed"] >= 1, 30)

    with stack.paused_redis():
        before = settled(sandbox)
        assert settled(sandbox) == before

    wait_until(lambda: sandbox.stats()["received"] > before, 30)


def settled(sandbox: SandboxServer) -> int:
    """What it has received, once nothing more comes for as long as several turns take."""
    seen = [-1]

    def is_still() -> bool:
        seen.append(sandbox.stats()["received"])
        return len(seen) > TURNS and len(set(seen[-TURNS:])) == 1

    wait_until(is_still, 30)
    return seen[-1]
