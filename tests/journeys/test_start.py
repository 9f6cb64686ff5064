"""Processes start in any order, and production only with what it needs."""

import os
import subprocess
import sys

import pytest

from tests.stack import COMMANDS, ROOT, UP_WITHIN_S, Stack
from tests.waiting import wait_until


def test_processes_wait_for_what_they_need_and_say_so(tmp_path):
    stack = Stack(tmp_path)
    try:
        for name in COMMANDS:
            stack.start(name)
        wait_until(lambda: "waiting_for_database" in (tmp_path / "worker.log").read_text(), UP_WITHIN_S)
        wait_until(lambda: stack.answers("/healthz"), UP_WITHIN_S)
        assert not stack.answers("/readyz")

        stack.migrate()

        wait_until(lambda: stack.answers("/readyz"), UP_WITHIN_S)
        assert "database_is_there" in (tmp_path / "worker.log").read_text()
    finally:
        stack.__exit__(None, None, None)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_production_does_not_start_without_a_secret_key(command):
    environment = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}

    process = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**environment, "PINGPONG_ENV": "production"},
        capture_output=True,
        text=True,
        timeout=UP_WITHIN_S,
        check=False,
    )

    assert process.returncode != 0
    assert "SECRET_KEY: must be set in production" in process.stdout + process.stderr
