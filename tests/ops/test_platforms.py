"""Every platform that we describe runs every process of the Procfile."""

import json

import pytest
import yaml

from pingpong.ops.procfile import RELEASE, long_running, read_procfile
from tests.processes import ROOT


@pytest.fixture
def commands() -> dict[str, str]:
    return read_procfile(ROOT / "Procfile")


def services() -> dict[str, dict]:
    return yaml.safe_load((ROOT / "compose.yml").read_text())["services"]


def test_heroku_has_a_dyno_for_each_process(commands):
    formation = json.loads((ROOT / "app.json").read_text())["formation"]

    assert set(formation) == set(long_running(commands))
    assert all(dynos["quantity"] >= 1 for dynos in formation.values())


def test_compose_runs_the_lines_of_the_procfile(commands):
    assert {name: services()[name]["command"] for name in commands} == commands


def test_compose_starts_no_process_before_the_release(commands):
    for name in long_running(commands):
        assert services()[name]["depends_on"][RELEASE] == {"condition": "service_completed_successfully"}
