"""What `make run` starts beside the Procfile's processes. All of it is in tests/journeys/test_make_run.py."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from pingpong.ops import run
from pingpong.ops.sandbox import Sandbox
from pingpong.settings import Settings, load_settings
from tests.folders import reachable_folder
from tests.journeys.running import Pingpong, running
from tests.processes import child_running, descendants, wait_for_end
from tests.waiting import wait_until

SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"
PROCFILE = {"web", "worker", "cruncher", "shipper", "scheduler"}
TOLD = ("scheduler.py", "worker.py", "wsgi:app")
SANDBOX = ("-m", "pingpong.dsp.sandbox")


@pytest.fixture(scope="module")
def pingpong() -> Iterator[Pingpong]:
    with reachable_folder() as folder, running(folder / "var") as pingpong:
        yield pingpong


def names_of(settings: Settings) -> set[str]:
    return {process.name for process in run._processes(settings, {})}


def sandbox_of(pingpong: Pingpong) -> psutil.Process:
    return wait_until(lambda: child_running(pingpong.runner.pid, *SANDBOX), what="the sandbox")


def urls_told(pingpong: Pingpong) -> list[str]:
    """Where the sandbox is, as each of the others knows it."""
    urls = []
    for child in descendants(pingpong.runner.pid):
        with suppress(psutil.Error):  # it has ended meanwhile
            if any(name in word for word in child.cmdline() for name in TOLD):
                urls.append(child.environ()["DSP_API_URL"])
    return urls


def asked(url: str) -> dict:
    with urllib.request.urlopen(f"{url}/sandbox/") as answer:
        return json.load(answer)


def answers(url: str) -> bool:
    try:
        return asked(url)["mode"]["mode"] == "ok"
    except OSError:
        return False


def test_a_sandbox_is_started_beside_the_procfile_if_no_dsp_is_set():
    assert names_of(load_settings(dsp_api_url="")) == PROCFILE | {"dsp-sandbox"}


def test_no_sandbox_is_started_if_a_dsp_is_set():
    assert names_of(load_settings(dsp_api_url="https://dsp.example.com")) == PROCFILE


def test_no_sandbox_is_started_in_production():
    settings = load_settings(PINGPONG_ENV="production", secret_key=SECRET, dsp_api_url="")

    assert names_of(settings) == PROCFILE


def test_every_process_is_told_where_the_sandbox_is(pingpong: Pingpong):
    wait_until(lambda: len(urls_told(pingpong)) >= len(PROCFILE))
    urls = set(urls_told(pingpong))

    assert len(urls) == 1
    assert wait_until(lambda: answers(*urls))


def test_the_sandbox_has_the_limit_that_is_set():
    settings = load_settings(dsp_api_url="", dsp_rate_limit=7, dsp_rate_window_s=5)

    assert "--limit 7 --window 5" in Sandbox(settings).command


def test_a_sandbox_that_dies_is_back_at_the_same_address(pingpong: Pingpong):
    killed = sandbox_of(pingpong)
    url = killed.environ()["DSP_API_URL"]
    killed.kill()
    wait_for_end([killed])

    assert wait_until(lambda: answers(url), what="the sandbox")
