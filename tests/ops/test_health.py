"""`/healthz` and `/readyz`: what works, and which part does not."""

import threading
import time
from collections.abc import Iterator

import pytest
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker

from pingpong import create_app
from pingpong.ops.heartbeat import beat
from pingpong.queue.queues import IO_QUEUES, QUEUES
from pingpong.tasks.models import Task
from pingpong.tasks.registry import Registry
from tests.conftest import changed


@pytest.fixture
def worker(redis):
    worker = SimpleWorker([Queue(name, connection=redis) for name in QUEUES], connection=redis)
    worker.register_birth()
    yield worker
    worker.register_death()


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """What hangs on it hangs until the test is over."""
    event = threading.Event()
    yield event
    event.set()


def checks(client, expected: int) -> dict:
    response = client.get("/readyz")
    assert response.status_code == expected, response.json
    return response.json["checks"]


def test_this_process_is_healthy_whatever_else_is_not(settings):
    nowhere = {"database_url": "postgresql+psycopg://x@127.0.0.1:1/x", "redis_url": "redis://127.0.0.1:1"}
    client = create_app(settings.model_copy(update=nowhere)).test_client()

    assert client.get("/healthz").status_code == 200
    parts = checks(client, 503)
    assert {name: part["status"] for name, part in parts.items()} == {
        "postgres": "down",
        "redis": "down",
        "workers": "down",
        "beat": "down",
    }


def test_all_is_ready_when_every_part_is_up(client, worker):
    beat(time.time())

    parts = checks(client, 200)

    assert all(part["status"] == "up" for part in parts.values())
    assert parts["workers"]["queues"] == dict.fromkeys(QUEUES, 1)
    assert parts["beat"]["age_s"] < 15


def test_no_worker_is_named_by_its_queues(client):
    beat(time.time())

    assert checks(client, 503)["workers"]["reason"] == "no worker listens to heartbeat, maintenance, io, cpu"


def test_a_queue_that_no_kind_uses_needs_no_worker(client, redis, monkeypatch):
    monkeypatch.setattr("pingpong.ops.health.registry", Registry())
    worker = SimpleWorker([Queue(name, connection=redis) for name in IO_QUEUES], connection=redis)
    worker.register_birth()
    beat(time.time())

    workers = checks(client, 200)["workers"]
    assert (workers["status"], workers["queues"]["cpu"]) == ("up", 0)


def test_without_a_worker_for_some_kinds_messages_are_answered_and_it_is_said(client, redis, monkeypatch):
    registry = Registry()
    monkeypatch.setattr("pingpong.ops.health.registry", registry)
    worker = SimpleWorker([Queue(name, connection=redis) for name in IO_QUEUES], connection=redis)
    worker.register_birth()

    @registry.task(queue="cpu")
    def crunch(ctx) -> None:
        """Compute."""

    beat(time.time())
    workers = checks(client, 200)["workers"]
    assert (workers["status"], workers["reason"]) == ("degraded", "no worker listens to cpu")


def test_a_worker_whose_key_has_expired_does_not_count(client, redis, worker):
    redis.delete(worker.key)

    assert checks(client, 503)["workers"]["status"] == "down"


def test_an_old_beat_is_late(client, worker):
    beat(time.time() - 60)

    assert "60 s ago" in checks(client, 503)["beat"]["reason"]


def test_no_beat_at_all_points_to_the_scheduler(client, worker):
    assert "scheduler" in checks(client, 503)["beat"]["reason"]


def hang(over: threading.Event) -> dict:
    over.wait(60)
    return {}


def fail(_over: threading.Event) -> dict:
    raise RedisError("away")


def test_a_part_that_hangs_is_down_within_its_time(settings, monkeypatch, over):
    app = create_app(settings.model_copy(update={"check_timeout_s": 2}))
    monkeypatch.setattr("pingpong.ops.health._postgres", lambda: hang(over))

    parts = checks(app.test_client(), 503)

    assert parts["postgres"]["reason"] == "no answer within 2 s"
    assert parts["redis"]["status"] == "up"


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("breaks", [hang, fail])
@pytest.mark.parametrize("part", ["dsp", "eventlog"])
def test_a_part_that_no_message_needs_is_degraded_at_worst(client, monkeypatch, over, part, breaks):
    beat(time.time())
    monkeypatch.setattr(f"pingpong.ops.health._{part}", lambda: breaks(over))
    urls = {"clickhouse_url": "clickhouse://nowhere", "dsp_api_url": "http://nowhere"}

    with changed(client.application, **urls, check_timeout_s=2):
        assert checks(client, 200)[part]["status"] == "degraded"


@pytest.mark.parametrize(("late_after_s", "status"), [(3600, "up"), (0.0001, "degraded")])
def test_events_that_wait_for_long_are_said_and_stop_nothing(app, client, worker, late_after_s, status):
    beat(time.time())
    Task.submit("ping", {"text": "hello"})

    with changed(app, clickhouse_url="clickhouse://nowhere", eventlog_late_after_s=late_after_s):
        part = checks(client, 200)["eventlog"]

    assert part["status"] == status
    assert part["waiting"] == 1


def test_without_clickhouse_no_event_waits_for_it(client, worker):
    beat(time.time())

    assert "eventlog" not in checks(client, 200)


def test_probes_are_never_cached(client):
    assert client.get("/healthz").headers["Cache-Control"] == "no-store"
    assert client.get("/readyz").headers["Cache-Control"] == "no-store"
