"""The pages about metrics say what there is: the table, the alerts and the dashboard."""

import json
import re
from pathlib import Path

import promql_parser
import pytest
import yaml

from pingpong.metrics.metric import Metric
from pingpong.ops.metrics.page import PAGE, declared, with_tables
from tests.conftest import changed
from tests.scrapes import Scrape

DOCS = Path(__file__).parents[3] / "docs"
NAME = re.compile(r"\bpingpong_[a-z_]+\b")


def rules() -> list[dict]:
    return [
        rule
        for group in yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"]
        for rule in group["rules"]
    ]


def expressions_of_the_dashboard() -> list[str]:
    dashboard = json.loads((DOCS / "grafana" / "pingpong.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


@pytest.fixture
def exposed(app, client) -> set[str]:
    with changed(app, dsp_api_url="http://127.0.0.1:1", clickhouse_url="clickhouse://127.0.0.1:1"):
        client.get("/healthz")
        return Scrape(client.get("/metrics").text).names


def test_the_tables_in_docs_are_up_to_date():
    page = PAGE.read_text()

    assert page == with_tables(page), "run: python -m pingpong.ops.metrics.page"


def test_every_metric_that_is_declared_is_exposed_and_no_other(client):
    names: set[str] = set()
    for metrics in declared().values():
        names.update(name for metric in metrics for name in series_of(metric))

    assert Scrape(client.get("/metrics").text).names == names


def series_of(metric: Metric) -> set[str]:
    endings = ("_bucket", "_sum", "_count") if metric.type == "histogram" else ("",)
    return {metric.name + ending for ending in endings}


def test_the_alerts_ask_for_nothing_that_is_not_exposed(exposed):
    asked = {name for rule in rules() for name in NAME.findall(rule["expr"])}

    assert len(asked) > 15
    assert asked <= exposed


def test_the_dashboard_asks_for_nothing_that_is_not_exposed(exposed):
    asked = {name for expression in expressions_of_the_dashboard() for name in NAME.findall(expression)}

    assert len(asked) > 25
    assert asked <= exposed


def test_every_alert_is_explained_and_nothing_else_is():
    explained = re.findall(r"^### (\w+)$", (DOCS / "alerts.md").read_text(), re.MULTILINE)

    assert sorted(explained) == sorted(rule["alert"] for rule in rules())


def test_every_alert_says_how_urgent_it_is_and_what_it_is_about():
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]


def test_the_dashboard_leaves_its_source_to_whoever_imports_it():
    dashboard = json.loads((DOCS / "grafana" / "pingpong.json").read_text())

    assert dashboard["templating"]["list"][0]["type"] == "datasource"
    for panel in dashboard["panels"]:
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${datasource}"
    identities = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identities)) == len(identities)


@pytest.mark.parametrize("expression", [rule["expr"] for rule in rules()] + expressions_of_the_dashboard())
def test_prometheus_understands_what_is_asked(expression):
    promql_parser.parse(expression.replace("$__rate_interval", "5m"))


@pytest.mark.parametrize("expression", [rule["expr"] for rule in rules()] + expressions_of_the_dashboard())
def test_what_is_of_the_whole_cluster_is_never_summed_over_web_processes(expression):
    """Each of them shows the same: `sum` would count it as often as there are targets."""
    of_hosts = {metric.name for metric in declared()["Of the web processes of a host"]}
    for name in NAME.findall(expression):
        if name.endswith(("_total", "_bucket")) and name.removesuffix("_bucket") not in of_hosts:
            assert "max without (instance)" in expression
