"""rq-dashboard shows what a worker with many jobs in flight does."""

from datetime import timedelta
from typing import Any

import pytest
import rq_dashboard
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue, Worker
from rq.job import Job

from tests.queue.jobs import add, fail, hold
from tests.queue.processes import Processes
from tests.queue.seen import let_go, wait_for
from tests.redis_server import RedisServer
from tests.waiting import wait_until

REGISTRIES = ["queued", "started", "finished", "failed", "deferred", "scheduled", "canceled"]
HELD = ["one", "two", "three"]


@pytest.fixture
def dashboard(_shared_server: RedisServer) -> FlaskClient:
    app = Flask(__name__)
    app.config["RQ_DASHBOARD_REDIS_URL"] = _shared_server.url
    rq_dashboard.web.setup_rq_connection(app)
    app.register_blueprint(rq_dashboard.blueprint)
    return app.test_client()


@pytest.fixture
def jobs(redis: Redis, queue: Queue, processes: Processes) -> dict[str, list[str]]:
    """The ids of jobs by where they are; a worker is at work."""
    held = [queue.enqueue(hold, name) for name in HELD]
    ended = queue.enqueue(add, 1, 2), queue.enqueue(fail)
    deferred, canceled = (queue.enqueue(add, 1, 2, depends_on=held[0]) for _ in range(2))
    canceled.cancel()
    scheduled = queue.enqueue_in(timedelta(hours=1), add, 1, 2)
    processes.worker(heartbeat_s=0.2)
    wait_for(redis, *HELD)
    wait_until(lambda: all(job.get_status() in ("finished", "failed") for job in ended))
    places: list[list[Job]] = [[], held, [ended[0]], [ended[1]], [deferred], [scheduled], [canceled]]
    return {name: [job.id for job in jobs] for name, jobs in zip(REGISTRIES, places, strict=True)}


def test_each_registry_shows_its_jobs(dashboard: FlaskClient, jobs: dict[str, list[str]]) -> None:
    shown = {
        registry: data(dashboard, f"jobs/work/{registry}/10/asc/1.json")["jobs"] for registry in REGISTRIES
    }

    assert {name: sorted(job["id"] for job in shown[name]) for name in REGISTRIES} == {
        name: sorted(ids) for name, ids in jobs.items()
    }
    assert all(job["started_at"] and not job["ended_at"] for job in shown["started"])
    assert "on purpose" in shown["failed"][0]["exc_info"]


def test_the_queue_shows_how_many_jobs_are_where(dashboard: FlaskClient, jobs: dict[str, list[str]]) -> None:
    [queue] = data(dashboard, "queues.json")["queues"]

    assert (queue["name"], queue["count"]) == ("work", 0)
    counts = {name: queue[f"{name}_job_registry_count"] for name in REGISTRIES if name != "queued"}
    assert counts == {name: len(jobs[name]) for name in counts}


def test_the_worker_shows_one_of_its_jobs_and_what_it_has_done(
    redis: Redis, dashboard: FlaskClient, jobs: dict[str, list[str]]
) -> None:
    wait_until(lambda: data(dashboard, "workers.json")["workers"][0]["failed_job_count"])
    [worker] = data(dashboard, "workers.json")["workers"]

    assert (worker["state"], worker["queues"]) == ("busy", ["work"])
    assert worker["name"] == Worker.all(connection=redis)[0].name
    assert worker["current_job"]["job_id"] in jobs["started"]
    assert (worker["successful_job_count"], worker["failed_job_count"]) == (1, 1)
    assert worker["total_working_time"] > 0

    let_go(redis)

    wait_until(lambda: data(dashboard, "workers.json")["workers"][0]["successful_job_count"] == 5)
    [worker] = data(dashboard, "workers.json")["workers"]
    assert (worker["state"], worker["current_job"]) == ("idle", "idle")


def test_a_job_shows_how_it_goes(dashboard: FlaskClient, jobs: dict[str, list[str]]) -> None:
    started = data(dashboard, f"job/{jobs['started'][0]}.json")
    finished = data(dashboard, f"job/{jobs['finished'][0]}.json")
    failed = data(dashboard, f"job/{jobs['failed'][0]}.json")

    assert (started["status"], started["ended_at"]) == ("started", None)
    assert (finished["status"], finished["result"]) == ("finished", 3)
    assert finished["started_at"] <= finished["ended_at"]
    assert failed["status"] == "failed"
    assert "ValueError: on purpose" in failed["exc_info"]


def test_its_pages_can_be_opened(dashboard: FlaskClient, jobs: dict[str, list[str]]) -> None:
    pages = ["/", "/0/view/workers", "/0/view/jobs"]
    pages += [f"/0/view/jobs/work/{registry}/10/asc/1" for registry in REGISTRIES]
    pages += [f"/0/view/job/{job}" for ids in jobs.values() for job in ids]

    assert {page: dashboard.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_a_failed_job_is_sent_back_from_there(
    redis: Redis, queue: Queue, dashboard: FlaskClient, jobs: dict[str, list[str]]
) -> None:
    [failed] = jobs["failed"]

    assert dashboard.post(f"/job/{failed}/requeue").status_code == 200

    wait_until(lambda: len(Job.fetch(failed, connection=redis).results()) == 2)
    assert queue.failed_job_registry.get_job_ids() == [failed]


def data(dashboard: FlaskClient, what: str) -> dict[str, Any]:
    response = dashboard.get(f"/0/data/{what}")
    assert response.status_code == 200
    answer: dict[str, Any] = response.json
    return answer
