"""How things stand when `/metrics` is read, also when somebody does not answer."""

import threading
import time

import pytest
from rq import Queue

from pingpong import create_app
from pingpong.feature import Feature
from pingpong.metrics.metric import Gauge, Survey
from pingpong.ops.heartbeat import beat
from pingpong.ops.metrics import init_metrics
from pingpong.tasks.models import Task
from tests.scrapes import Scrape

ROOMS = Gauge("pingpong_rooms", "Rooms.", ("side",))


@pytest.fixture
def scrape(client):
    return lambda: Scrape(client.get("/metrics").text)


def away(settings, **urls: str) -> Scrape:
    app = create_app(settings.model_copy(update=urls))
    init_metrics(app)
    response = app.test_client().get("/metrics")
    assert response.status_code == 200
    return Scrape(response.text)


def surveyed(app, monkeypatch, ask) -> None:
    feature = Feature(surveys=[Survey("rooms", (ROOMS,), ask)])
    monkeypatch.setitem(app.extensions, "surveys", [*app.extensions["surveys"], *feature.surveys])


def test_the_jobs_of_each_queue_are_seen(redis, scrape):
    job = Queue("io", connection=redis).enqueue("time.time")
    redis.hset(job.key, "enqueued_at", "2020-01-01T00:00:00Z")

    seen = scrape()
    assert seen.value("pingpong_queue_jobs", queue="io", state="queued") == 1
    assert seen.value("pingpong_queue_jobs", queue="cpu", state="queued") == 0
    assert seen.value("pingpong_queue_oldest_seconds", queue="io") > 1e6
    assert seen.value("pingpong_queue_oldest_seconds", queue="cpu") == 0


def test_open_tasks_and_the_age_of_the_oldest_are_seen(app, scrape, work):
    Task.submit("ping", {"text": "hi"})

    seen = scrape()
    assert seen.value("pingpong_tasks_open", status="queued") == 1
    assert 0 < seen.value("pingpong_tasks_open_oldest_seconds", status="queued") < 60
    assert seen.value("pingpong_tasks_open", status="running") == 0


def test_the_age_of_the_heartbeat_is_seen(app, scrape):
    assert scrape().value("pingpong_heartbeat_age_seconds") is None

    beat(time.time() - 7)

    assert 7 <= scrape().value("pingpong_heartbeat_age_seconds") < 60


def test_a_feature_adds_gauges_of_its_own(app, scrape, monkeypatch):
    surveyed(app, monkeypatch, lambda: [ROOMS.at(3, side="north")])

    seen = scrape()
    assert seen.value("pingpong_rooms", side="north") == 3
    assert seen.value("pingpong_survey_success", survey="rooms") == 1


@pytest.mark.parametrize("fault", [OSError, ZeroDivisionError])
def test_gauges_that_nobody_can_tell_hide_none_of_the_others(app, scrape, monkeypatch, fault):
    def ask() -> None:
        raise fault

    surveyed(app, monkeypatch, ask)

    seen = scrape()
    assert seen.value("pingpong_rooms") is None
    assert seen.value("pingpong_survey_success", survey="rooms") == 0
    assert seen.value("pingpong_survey_success", survey="tasks") == 1


def test_without_redis_the_rest_is_told(settings):
    seen = away(settings, redis_url="redis://127.0.0.1:1")

    assert seen.value("pingpong_up", part="redis") == 0
    assert seen.value("pingpong_up", part="postgres") == 1
    assert seen.value("pingpong_tasks_open", status="queued") == 0
    assert seen.value("pingpong_web_processes") == 1
    assert seen.value("pingpong_jobs_total") is None


def test_without_postgres_the_rest_is_told(settings):
    seen = away(settings, database_url="postgresql+psycopg://x@127.0.0.1:1/x")

    assert seen.value("pingpong_up", part="postgres") == 0
    assert seen.value("pingpong_survey_success", survey="tasks") == 0
    assert seen.value("pingpong_queue_jobs", queue="io", state="queued") is not None


def test_a_part_that_readyz_calls_degraded_is_up(settings):
    seen = away(
        settings, clickhouse_url="clickhouse://x", database_url="postgresql+psycopg://x@127.0.0.1:1/x"
    )

    assert seen.value("pingpong_up", part="postgres") == 0
    assert seen.value("pingpong_up", part="eventlog") == 1


def test_one_that_hangs_is_not_waited_for(settings, monkeypatch):
    app = create_app(settings.model_copy(update={"check_timeout_s": 0.2}))
    init_metrics(app)
    told = threading.Event()
    surveyed(app, monkeypatch, lambda: [told.wait(60)][:0])

    seen = Scrape(app.test_client().get("/metrics").text)

    told.set()  # only now it could have answered
    assert seen.value("pingpong_survey_success", survey="rooms") == 0
