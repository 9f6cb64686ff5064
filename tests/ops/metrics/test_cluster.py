"""What the cluster has told Redis, as Prometheus sees it."""

import json

import pytest

from pingpong.metrics import metric, telling
from pingpong.metrics.counters import BEAT_JITTER, JOB_OUTCOMES, JOBS, WORKER_JOBS
from pingpong.metrics.tally import Tally
from pingpong.metrics.telling import PROCESSES_KEY, Teller
from pingpong.ops.metrics import cluster
from tests.scrapes import Scrape


@pytest.fixture(autouse=True)
def tally(monkeypatch) -> Tally:
    tally = Tally()
    monkeypatch.setattr(metric, "tally", tally)
    monkeypatch.setattr(telling, "tally", tally)
    return tally


@pytest.fixture
def scrape(client):
    return lambda: Scrape(client.get("/metrics").text)


def test_counters_are_shown_as_they_were_told(redis, scrape):
    JOBS.add(3, queue="io", kind="ping", outcome="finished")
    Teller(redis, "worker").run_once()

    assert scrape().value("pingpong_jobs_total", queue="io", kind="ping", outcome="finished") == 3


def test_known_outcomes_are_0_before_they_first_happen(redis, scrape):
    JOBS.add(queue="io", kind="ping", outcome="finished")
    Teller(redis, "worker").run_once()

    seen = scrape()
    assert {labels["outcome"] for labels in seen.series("pingpong_jobs_total")} == set(JOB_OUTCOMES)
    assert seen.value("pingpong_jobs_total", outcome="failed") == 0
    assert len(seen.series("pingpong_dsp_requests_total")) == 12


def test_a_histogram_adds_its_buckets_up(redis, scrape):
    for seconds in (0.0005, 0.003, 0.003, 99):
        BEAT_JITTER.observe(seconds, schedule="heartbeat")
    Teller(redis, "scheduler").run_once()

    seen = scrape()
    bucket = "pingpong_beat_jitter_seconds_bucket"
    assert [seen.value(bucket, le=le) for le in ("0.001", "0.0025", "0.005", "10.0", "+Inf")] == [
        1,
        1,
        3,
        3,
        4,
    ]
    assert seen.value("pingpong_beat_jitter_seconds_count") == 4
    assert seen.value("pingpong_beat_jitter_seconds_sum") == pytest.approx(99.0065)


def test_how_processes_stand_is_the_sum_of_those_that_live(redis, scrape):
    for process in ("one", "two"):
        said = json.dumps([["pingpong_worker_jobs", ["running"], 4], ["pingpong_processes", ["worker"], 1]])
        redis.hset(PROCESSES_KEY, process, f"{redis.time()[0]} 1 {said}")
    redis.hset(PROCESSES_KEY, "dead", f"{redis.time()[0] - 60} 1 {said}")

    seen = scrape()
    assert seen.value(WORKER_JOBS.name, state="running") == 8
    assert seen.value("pingpong_processes", role="worker") == 2


def test_processes_that_are_long_gone_are_forgotten(redis):
    redis.hset(PROCESSES_KEY, "old", "1 1 []")

    cluster.ask(redis)

    assert not redis.hexists(PROCESSES_KEY, "old")


def test_numbers_of_another_version_disturb_nobody(redis, scrape):
    redis.hset(telling.TOTALS_KEY, json.dumps(["pingpong_former_total", "x"]), "1")

    assert scrape().value("pingpong_former_total") is None


@pytest.mark.parametrize("name", [JOBS.name, BEAT_JITTER.name])
@pytest.mark.parametrize("values", [[], ["io"], ["io", "ping", "finished", "more"]])
def test_numbers_with_other_labels_disturb_nobody(redis, scrape, name, values):
    redis.hset(telling.TOTALS_KEY, json.dumps([name, *values]), "1")
    said = json.dumps([["pingpong_worker_jobs", values, 4], ["pingpong_processes", ["worker"], 1]])
    redis.hset(PROCESSES_KEY, "one", f"{redis.time()[0]} 1 {said}")
    JOBS.add(queue="io", kind="ping", outcome="finished")
    Teller(redis, "worker").run_once()

    seen = scrape()
    assert seen.value("pingpong_jobs_total", queue="io", kind="ping", outcome="finished") == 1
    assert seen.value("pingpong_processes", role="worker") == 2
