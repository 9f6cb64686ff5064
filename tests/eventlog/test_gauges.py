"""How far ClickHouse is behind, as Prometheus reads it."""

from pingpong.tasks.models import Task
from tests.conftest import changed
from tests.scrapes import Scrape


def test_events_that_wait_are_counted(app, client):
    Task.submit("ping", {"text": "hello"})

    with changed(app, clickhouse_url="clickhouse://127.0.0.1:1"):
        scrape = Scrape(client.get("/metrics").text)

    assert scrape.value("pingpong_outbox_events_waiting") == 1
    assert scrape.value("pingpong_outbox_oldest_waiting_seconds") > 0
    assert scrape.value("pingpong_outbox_events_set_aside") == 0


def test_without_clickhouse_nothing_waits_for_it(client):
    Task.submit("ping", {"text": "hello"})

    assert Scrape(client.get("/metrics").text).value("pingpong_outbox_events_waiting") is None
