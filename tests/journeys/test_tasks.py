"""Tasks of people, with real processes."""

import time

import pytest
from redis import Redis

from tests.api_client import ApiClient
from tests.stack import Stack
from tests.waiting import wait_until

LONG = 10**10
STOPPED_WITHIN_S = 1.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    quick = {
        "WORKER_HEARTBEAT_S": "1",
        "DEAD_WORKER_AFTER_S": "3",
        "RESCUE_EVERY_S": "1",
        "RESCUE_AFTER_S": "0.5",
        "CRUNCHER_PROCESSES": "1",
        "TASK_MODULES": "tests.journeys.own_kinds",
    }
    with Stack(tmp_path_factory.mktemp("stack"), **quick) as running:
        yield running


@pytest.fixture
def redis(stack):
    with Redis.from_url(stack.redis_url) as client:
        yield client


@pytest.fixture
def ada(stack) -> ApiClient:
    return ApiClient(stack.url)


@pytest.mark.parametrize(
    ("kind", "params", "result"),
    [
        ("ping", {"text": "hello"}, "pong hello"),
        ("reverse_string", {"text": "hello"}, {"reversed_text": "olleh"}),
        ("generate_random_number", {"min_value": 7, "max_value": 7}, {"number": 7}),
        ("count_primes", {"limit": 1000}, {"count": 168}),
        ("shout", {"text": "hello"}, "HELLO"),
    ],
)
def test_each_kind_is_done_by_its_worker(ada, kind, params, result):
    assert ada.wait_for(ada.submit(kind, **params), "done")["result"] == result


def test_the_title_of_a_page_is_fetched_from_a_server_that_is_allowed(ada, stack):
    task_id = ada.submit("fetch_title", url=f"{stack.url}/history/")

    assert ada.wait_for(task_id, "done")["result"]["title"] == "History · Pingpong"


def test_work_that_computes_tells_its_progress_and_is_stopped_in_the_middle(ada):
    task_id = ada.submit("count_primes", limit=LONG)
    wait_until(lambda: ada.result(task_id)["progress"] > 0, 60)

    assert ada.post(f"/api/tasks/results/{task_id}/cancel/")["status"] == "cancelled"

    # The one process is free again, long before the first would have been done.
    ada.wait_for(ada.submit("count_primes", limit=10), "done", within_s=20)
    assert ada.result(task_id)["status"] == "cancelled"


@pytest.mark.parametrize("kind", ["sleep_on", "compute_on"])
def test_work_that_never_looks_up_is_stopped_within_a_second(ada, redis, kind):
    task_id = ada.submit(kind)
    wait_until(lambda: redis.exists(f"tick:{task_id}"), 30)

    ada.post(f"/api/tasks/results/{task_id}/cancel/")
    cancelled_at_s = time.time()

    def ticked_at_s() -> float:
        return float(redis.get(f"tick:{task_id}"))

    wait_until(lambda: time.time() - ticked_at_s() > STOPPED_WITHIN_S, 30)
    assert ticked_at_s() - cancelled_at_s < STOPPED_WITHIN_S
    assert ada.result(task_id)["status"] == "cancelled"
