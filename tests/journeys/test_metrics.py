"""`/metrics` of the whole of pingpong: several web processes, real workers, and what is killed or away."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from redis import Redis

from pingpong import create_app
from pingpong.extensions import db
from pingpong.metrics.folder import PREFIX
from pingpong.settings import load_settings
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.models import Task
from tests.processes import wait_for_end
from tests.scrapes import Scrape
from tests.stack import Stack, free_port
from tests.waiting import wait_until

TOKEN = "a-token-for-prometheus"
REQUESTS = "pingpong_http_requests_total"
ACCEPTED = {"method": "POST", "route": "/submit/", "status": "202"}
QUICK = {
    "WEB_CONCURRENCY": "2",
    "METRICS_TOKEN": TOKEN,
    "PING_DELAY_S": "0.2",
    "WORKER_HEARTBEAT_S": "1",
    "DEAD_WORKER_AFTER_S": "3",
    "CHECK_TIMEOUT_S": "1",
}


class Measured(Stack):
    """A stack and its metrics."""

    def __init__(self, home: Path) -> None:
        self.metrics_port = free_port()
        super().__init__(home, METRICS_PORT=str(self.metrics_port), **QUICK)

    def ask(self, port: int, method: str, path: str, body: str | None = None, **headers: str):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def scrape(self) -> Scrape:
        """Over a connection of its own: whichever process takes it."""
        status, text = self.ask(self.metrics_port, "GET", "/metrics", Authorization=f"Bearer {TOKEN}")
        assert status == 200, text
        return Scrape(text)

    def submit(self, count: int = 1) -> None:
        for _ in range(count):
            body = json.dumps({"message": uuid4().hex})
            status, text = self.ask(
                self.port, "POST", "/submit/", body, **{"Content-Type": "application/json"}
            )
            assert status == 202, text

    @property
    def web_workers(self) -> list[psutil.Process]:
        return psutil.Process(self.pid("web")).children()


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Measured]:
    with Measured(tmp_path_factory.mktemp("stack")) as running:
        wait_until(lambda: len(running.web_workers) == 2)
        yield running


def until(stack: Measured, name: str, least: float, timeout: float = 20, **labels: str) -> Scrape:
    """The first scrape in which it is so much."""

    def seen() -> Scrape | None:
        scrape = stack.scrape()
        return scrape if (scrape.value(name, **labels) or 0) >= least else None

    return wait_until(seen, timeout, what=f"{name} {labels} {least}")


def now(stack: Measured, name: str, **labels: str) -> float:
    return stack.scrape().value(name, **labels) or 0


def folder_of(stack: Measured) -> Path:
    """Where the web processes count."""
    maps = (mapped.path for worker in stack.web_workers for mapped in worker.memory_maps())
    return next(Path(path).parent for path in maps if PREFIX in path)


def test_each_port_has_what_is_its_own(stack):
    assert stack.ask(stack.port, "GET", "/metrics")[0] == 404
    assert stack.ask(stack.metrics_port, "GET", "/healthz")[0] == 404
    assert stack.ask(stack.metrics_port, "GET", "/metrics")[0] == 401


def test_whichever_process_is_asked_tells_the_sum_of_both(stack):
    before = now(stack, REQUESTS, **ACCEPTED)

    stack.submit(20)

    assert {now(stack, REQUESTS, **ACCEPTED) for _ in range(10)} == {before + 20}
    until(stack, "pingpong_web_processes", 2)


def test_what_a_killed_web_process_has_counted_stays_and_what_it_held_goes(stack):
    stack.submit(10)
    until(stack, "pingpong_web_processes", 2)
    before = now(stack, REQUESTS, **ACCEPTED)
    killed = stack.web_workers[0]

    killed.kill()
    wait_until(lambda: killed.pid not in {worker.pid for worker in stack.web_workers})
    wait_until(lambda: len(stack.web_workers) == 2)
    wait_until(lambda: stack.answers("/healthz"))

    until(stack, "pingpong_web_processes", 2)
    stack.submit(1)
    assert now(stack, REQUESTS, **ACCEPTED) == before + 1
    assert now(stack, "pingpong_web_processes") == 2


def test_the_whole_journey_is_counted(stack):
    before = now(stack, "pingpong_task_lateness_seconds_count", kind="ping")
    dispatched = now(stack, "pingpong_tasks_dispatched_total", kind="ping")

    stack.submit(5)

    until(stack, "pingpong_task_lateness_seconds_count", before + 5, kind="ping")
    seen = until(stack, "pingpong_jobs_total", before + 5, kind="ping", outcome="finished")
    assert seen.value("pingpong_tasks_total", kind="ping", outcome="done") >= before + 5
    assert seen.value("pingpong_jobs_total", kind="ping", outcome="failed") == 0
    until(stack, "pingpong_tasks_dispatched_total", dispatched + 5, kind="ping")
    wait_until(lambda: now(stack, "pingpong_worker_slots") == 200, 20)


def test_the_beat_is_measured_from_the_scheduler_to_the_worker(stack):
    seen = until(stack, "pingpong_heartbeat_lateness_seconds_count", 1)

    assert seen.value("pingpong_beat_jitter_seconds_count", schedule="heartbeat") >= 1
    assert seen.value("pingpong_rescued_total", rescue="enqueue_lost") is not None
    assert 0 <= seen.value("pingpong_heartbeat_age_seconds") < 10


def test_every_process_of_the_cluster_is_seen(stack):
    for role, count in {"web": 2, "worker": 1, "cruncher": 1, "cruncher_worker": 1, "scheduler": 1}.items():
        until(stack, "pingpong_processes", count, role=role)
    until(stack, "pingpong_up", 1, part="workers")


def test_a_job_that_computes_is_counted(stack):
    app = create_app(load_settings(database_url=stack.database_url, redis_url=stack.redis_url))
    with app.app_context():
        task, _ = Task.submit("count_primes", {"limit": 10})
        dispatch(task)
        db.engine.dispose()

    seen = until(stack, "pingpong_jobs_total", 1, kind="count_primes", outcome="finished")
    assert seen.value("pingpong_job_duration_seconds_count", kind="count_primes") == 1


def test_what_a_killed_worker_had_told_stays(stack):
    before = now(stack, "pingpong_tasks_total", kind="ping", outcome="done")
    stack.submit(5)
    until(stack, "pingpong_tasks_total", before + 5, kind="ping", outcome="done")

    stack.kill("worker")
    stack.start("worker")
    stack.submit(1)

    seen = until(stack, "pingpong_tasks_total", before + 6, 30, kind="ping", outcome="done")
    assert seen.value("pingpong_tasks_total", kind="ping", outcome="done") == before + 6


def test_when_redis_hangs_the_rest_is_told_in_time_and_nothing_is_lost(stack):
    before = now(stack, REQUESTS, **ACCEPTED)
    done = now(stack, "pingpong_tasks_total", kind="ping", outcome="done")

    with stack.paused_redis():
        stack.submit(1)
        asked_at = time.monotonic()
        seen = stack.scrape()
        assert time.monotonic() - asked_at < 6
        assert seen.value(REQUESTS, **ACCEPTED) == before + 1
        seen = until(stack, "pingpong_up", 1, part="postgres")
        assert seen.value("pingpong_up", part="redis") == 0

    until(stack, "pingpong_tasks_total", done + 1, 60, kind="ping", outcome="done")


def test_after_redis_has_forgotten_everything_the_counters_begin_anew(stack):
    stack.submit(1)
    until(stack, "pingpong_tasks_dispatched_total", 1, kind="ping")

    with Redis.from_url(stack.redis_url) as redis:
        redis.flushall()
    stack.submit(1)

    seen = until(stack, "pingpong_tasks_dispatched_total", 1, kind="ping")
    assert seen.value("pingpong_tasks_dispatched_total", kind="ping") < 5


def test_nothing_is_left_behind(stack):
    folder = folder_of(stack)
    assert list(folder.glob("counter_*.db"))

    stack.stop("web")

    assert not folder.exists()
    stack.start("web")


def test_a_gunicorn_that_was_killed_is_followed_by_one_that_counts_anew(stack):
    wait_until(lambda: stack.answers("/healthz"), 20)
    folder = folder_of(stack)
    workers = stack.web_workers

    stack.kill("web")
    for worker in workers:
        with suppress(psutil.NoSuchProcess):  # an orphan ends by itself
            worker.kill()
    wait_for_end(workers)
    stack.start("web")
    wait_until(lambda: stack.answers("/healthz"), 20)

    assert not folder.exists()
    assert now(stack, REQUESTS, **ACCEPTED) == 0
