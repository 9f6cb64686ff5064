"""What a web process measures of itself moves when its thing happens."""

from contextlib import contextmanager

import pytest
from sqlalchemy import text

from pingpong.extensions import db
from pingpong.live.routes import EventStream
from pingpong.live.topics import TASK
from pingpong.live.update import Update
from tests.scrapes import Scrape

REQUESTS = "pingpong_http_requests_total"


@pytest.fixture
def scrape(client):
    def scrape() -> Scrape:
        return Scrape(client.get("/metrics").text)

    return scrape


@contextmanager
def grows(scrape, name: str, by: float, **labels: str):
    before = scrape().value(name, **labels) or 0
    yield
    assert (scrape().value(name, **labels) or 0) - before == by


def test_a_request_counts_by_its_route_and_status(client, scrape):
    labels = {"method": "POST", "route": "/submit/"}

    with (
        grows(scrape, REQUESTS, 1, **labels, status="202"),
        grows(scrape, REQUESTS, 1, **labels, status="422"),
        grows(scrape, "pingpong_http_request_duration_seconds_count", 2, **labels),
    ):
        client.post("/submit/", json={"message": "hi"})
        client.post("/submit/", json={})


def test_addresses_of_one_pattern_are_one_series(client, scrape):
    route = "/api/tasks/results/<task_id>/"

    with grows(scrape, REQUESTS, 3, route=route):
        for number in range(3):
            client.get(f"/api/tasks/results/01a218b6-d33a-7382-b8ce-d37830681{number:03}/")


def test_whatever_addresses_and_methods_somebody_makes_up_there_is_one_series_more(client, scrape):
    client.open("/made-up", method="MADEUP")
    before = len(scrape().series(REQUESTS))

    for number in range(50):
        client.get(f"/made-up-{number}")
        client.open(f"/made-up-{number}", method=f"MADEUP{number}")

    assert len(scrape().series(REQUESTS)) <= before + 1
    assert scrape().value(REQUESTS, route="unmatched", method="other", status="404") >= 51


def test_a_fault_of_ours_counts_as_500(app, client, scrape, monkeypatch):
    monkeypatch.setitem(app.view_functions, "health.healthz", lambda: 1 / 0)
    monkeypatch.setattr(app, "testing", False)

    with grows(scrape, REQUESTS, 1, route="/healthz", status="500"):
        client.get("/healthz")


def test_what_a_limit_refuses_counts_as_429(app, client, scrape):
    from tests.conftest import changed  # noqa: PLC0415 - beside its only use

    with changed(app, submit_rate_limit="1/hour"), grows(scrape, REQUESTS, 1, route="/submit/", status="429"):
        for _ in range(2):
            client.post("/submit/", json={"message": "hi"})


def test_open_streams_are_seen_and_what_they_write_is_counted(live, scrape):
    hub = live.extensions["hub"]
    stream = EventStream(hub, hub.subscribe(frozenset({TASK})), comment_every_s=0.01)
    chunks = iter(stream)
    next(chunks)

    with grows(scrape, "pingpong_live_events_written_total", 2):
        assert scrape().value("pingpong_live_streams") == 1
        hub.receive([Update(TASK, "task"), Update(TASK, "task")])
        next(chunks)

    stream.close()
    assert scrape().value("pingpong_live_streams") == 0


def test_a_client_that_falls_behind_is_counted_once(live, scrape):
    hub = live.extensions["hub"]
    stream = EventStream(hub, hub.subscribe(frozenset({TASK})), comment_every_s=0.01)

    with grows(scrape, "pingpong_live_clients_dropped_total", 1):
        hub.receive([Update(TASK, "task")] * 1000)
        stream.close()


def test_the_connections_to_the_database_are_seen(app, scrape):
    before = scrape().value("pingpong_web_db_connections", state="in_use")

    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        assert scrape().value("pingpong_web_db_connections", state="in_use") == before + 1

    assert scrape().value("pingpong_web_db_connections_max") == 20
    assert scrape().value("pingpong_web_redis_connections") >= 1


def test_what_is_of_this_host_says_so_and_nothing_else_does(scrape):
    seen = scrape()

    assert all("host" in labels for labels in seen.series(REQUESTS))
    assert all("host" in labels for labels in seen.series("pingpong_live_streams"))
    assert not any("host" in labels for labels in seen.series("pingpong_queue_jobs"))
