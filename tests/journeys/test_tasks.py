"""Tasks of people, with real processes."""

import time
import uuid

import pytest
import requests
from redis import Redis

from tests.stack import COMMANDS, Stack
from tests.waiting import wait_until

pytestmark = pytest.mark.xdist_group("tasks")

LONG = 10**10
STOPPED_WITHIN_S = 1.0


class Client:
    """A person who knows only the API."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.url
        email = f"{uuid.uuid4().hex}@example.com"
        self.post("/api/users/register/", email=email, password="correct horse battery")
        self._token = self.post("/api/users/login/", email=email, password="correct horse battery")["access"]

    _token = ""

    def post(self, path: str, **body: object) -> dict:
        response = requests.post(self._url + path, json=body, headers=self._headers, timeout=10)
        assert response.ok, response.text
        return response.json()

    def submit(self, kind: str, **params: object) -> str:
        return self.post(f"/api/tasks/{kind}/", **params)["task_id"]

    def result(self, task_id: str) -> dict:
        url = f"{self._url}/api/tasks/results/{task_id}/"
        return requests.get(url, headers=self._headers, timeout=10).json()

    def wait_for(self, task_id: str, status: str, within_s: float = 30) -> dict:
        wait_until(lambda: self.result(task_id)["status"] == status, within_s)
        return self.result(task_id)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}


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
    commands = {**COMMANDS, "cruncher": ("worker.py", "cpu")}
    with Stack(tmp_path_factory.mktemp("stack"), commands=commands, **quick) as running:
        yield running


@pytest.fixture
def redis(stack):
    with Redis.from_url(stack.redis_url) as client:
        yield client


@pytest.fixture
def ada(stack) -> Client:
    return Client(stack)


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
