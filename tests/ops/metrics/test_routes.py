"""`/metrics`: who may read it, on which port, and in which form."""

import gzip

import pytest
from flask import Flask
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from pingpong import create_app
from pingpong.ops.metrics import init_metrics
from pingpong.settings import Environment, load_settings
from tests.conftest import changed
from tests.people import some_one
from tests.scrapes import Scrape

TOKEN = "a-token-for-prometheus"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ITS_PORT = "http://localhost:9100"


@pytest.fixture
def production(app):
    with changed(app, env=Environment.PRODUCTION):
        yield app


@pytest.fixture
def with_token(app):
    with changed(app, env=Environment.PRODUCTION, metrics_token=TOKEN):
        yield app


@pytest.fixture
def with_port(settings) -> Flask:
    app = create_app(settings.model_copy(update={"metrics_port": 9100, "env": Environment.PRODUCTION}))
    init_metrics(app)
    return app


def test_it_is_open_where_nothing_has_to_be_protected(client):
    response = client.get("/metrics")

    assert response.status_code == 200
    assert "pingpong_up" in response.text


def test_in_production_it_is_closed_and_says_what_to_set(production, client):
    response = client.get("/metrics")

    assert response.status_code == 403
    assert "METRICS_TOKEN or METRICS_PORT" in response.json["error"]["message"]


def test_the_token_opens_it(with_token, client):
    assert client.get("/metrics", headers=BEARER).status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ü"]
)
def test_nothing_else_does(with_token, client, header):
    response = client.get("/metrics", headers={"Authorization": header})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("case", ["production", "with_token"])
def test_administrators_may_read_it_in_any_case(app, request, case):
    root, ada = some_one(app, is_admin=True), some_one(app)
    request.getfixturevalue(case)

    assert root.browser.get("/metrics").status_code == 200
    assert app.test_client().get("/metrics", headers=root.bearer).status_code == 200
    assert ada.browser.get("/metrics").status_code == 403


def test_a_port_of_its_own_serves_it_and_nothing_else(with_port):
    client = with_port.test_client()

    assert client.get("/metrics", base_url=ITS_PORT).status_code == 200
    assert client.get("/healthz", base_url=ITS_PORT).status_code == 404
    assert client.get("/static/css/app.css", base_url=ITS_PORT).status_code == 404
    assert client.get("/metrics").status_code == 404
    assert client.get("/healthz").status_code == 200


def test_a_port_of_its_own_may_want_the_token_too(settings):
    values = {"metrics_port": 9100, "metrics_token": TOKEN}
    app = create_app(settings.model_copy(update=values))
    init_metrics(app)
    client = app.test_client()

    assert client.get("/metrics", base_url=ITS_PORT).status_code == 401
    assert client.get("/metrics", base_url=ITS_PORT, headers=BEARER).status_code == 200


def test_the_ports_must_be_two():
    with pytest.raises(SystemExit, match="METRICS_PORT: must be another one than PORT"):
        load_settings(PORT=8000, metrics_port=8000)


def test_it_speaks_text_unless_asked_for_openmetrics(client):
    text = client.get("/metrics")
    assert text.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert Scrape(text.text).value("pingpong_web_processes") == 1

    asked = {"Accept": "application/openmetrics-text; version=1.0.0,text/plain;version=0.0.4;q=0.5"}
    openmetrics = client.get("/metrics", headers=asked)
    assert openmetrics.headers["Content-Type"].startswith("application/openmetrics-text")
    assert "pingpong_up" in {family.name for family in text_string_to_metric_families(openmetrics.text)}


def test_it_is_compressed_only_if_asked(client):
    assert "Content-Encoding" not in client.get("/metrics").headers

    packed = client.get("/metrics", headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert b"pingpong_up" in gzip.decompress(packed.data)


def test_it_is_never_cached(client):
    assert client.get("/metrics").headers["Cache-Control"] == "no-store"


def test_it_only_answers_to_being_read(client):
    assert client.post("/metrics").status_code in {400, 405}
