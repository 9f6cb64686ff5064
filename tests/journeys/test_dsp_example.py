"""The example of submissions, tried as somebody would who has only that."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api_client import ApiClient
from tests.dsp.sandbox_client import SandboxServer
from tests.people import PASSWORD
from tests.stack import ROOT, Stack

EXAMPLE = ROOT / "examples" / "dsp_end_to_end.py"
PARENTS = {"ad_group": "campaign_id", "creative": "ad_group_id"}
QUICK = {
    "DSP_RATE_LIMIT": "3000",
    "DSP_POLL_FIRST_S": "0.3",
    "DSP_PICK_EVERY_S": "0.2",
    "DSP_MAX_ATTEMPTS": "2",
}


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer(limit=100_000) as server:
        yield server


@pytest.fixture
def sandbox(running: SandboxServer) -> SandboxServer:
    running.reset()
    return running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, running: SandboxServer) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("dsp-example")
    with Stack(home, DSP_API_URL=running.url, **QUICK) as stack:
        yield stack


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EXAMPLE, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


def test_a_graph_is_followed_to_its_completion(stack: Stack, sandbox: SandboxServer):
    done = run(stack.url)

    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[-1] == "16 of 16 completed"
    changes = [re.fullmatch(r" *[\d.]+ s  (\S+) +(\S+)", line) for line in lines[:-1]]
    assert all(changes), lines
    completed = Counter(change[1] for change in changes if change and change[2] == "completed")
    assert [*completed.values()] == [1] * 16


def test_each_is_created_once_below_its_parent(stack: Stack, sandbox: SandboxServer):
    run(stack.url)

    entities = {entity["id"]: entity for entity in sandbox.stats()["entities"]}
    types = Counter(entity["entity_type"] for entity in entities.values())
    assert types == {"campaign": 1, "ad_group": 3, "creative": 12}
    for entity in entities.values():
        if field := PARENTS.get(entity["entity_type"]):
            assert entities[entity["body"][field]]["entity_type"] == field.removesuffix("_id")


def test_what_the_third_party_refuses_is_said_and_the_exit_code_is_1(stack: Stack, sandbox: SandboxServer):
    sandbox.mode("reject_400", entity_type="ad_group", times=1, error_message="no such campaign")

    done = run(stack.url)

    assert done.returncode == 1
    assert "no such campaign" in done.stdout
    assert done.stdout.splitlines()[-1] == "11 of 16 completed"


def test_an_account_can_be_given(stack: Stack, sandbox: SandboxServer):
    ada = ApiClient(stack.url)

    done = run(stack.url, "--email", ada.email, "--password", PASSWORD)

    assert done.returncode == 0, done.stderr
    assert len(ada.get("/api/dsp/entities/?limit=100")["items"]) == 16


def test_a_wrong_password_is_said(stack: Stack):
    done = run(stack.url, "--email", ApiClient(stack.url).email, "--password", "wrong")

    assert done.returncode == 1
    assert done.stderr == "The username or the password is wrong.\n"


def test_where_nothing_answers_is_said():
    done = run("http://127.0.0.1:1")

    assert done.returncode == 1
    assert done.stderr.startswith("http://127.0.0.1:1 cannot be reached: ")


def test_help_explains_the_options_and_the_exit_codes():
    done = run("--help")

    assert done.returncode == 0
    for words in ("url", "--email", "--password", "Exit codes: 0 "):
        assert words in done.stdout
