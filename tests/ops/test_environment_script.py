"""bin/ensure-environment and bin/ensure-browser on machines that lack something."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

TOOLS = ("sh", "cat", "cksum", "dirname", "id", "printf", "rm")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH with next to nothing on it."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or pytest.skip(f"no {tool} here"))
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone without an environment."""
    folder = tmp_path / "a clone"
    (folder / "bin").mkdir(parents=True)
    for name in ("bin/ensure-environment", "bin/ensure-browser", "requirements.txt"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run(clone: Path, script: str, programs: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": str(programs)}
    return subprocess.run(
        [clone / "bin" / script], check=False, env=environment, capture_output=True, text=True, timeout=60
    )


def install(programs: Path, name: str, script: str) -> None:
    (programs / name).write_text(f"#!/bin/sh\n{script}\n")
    (programs / name).chmod(0o755)


def test_without_python_it_says_so(clone: Path, programs: Path):
    refused = run(clone, "ensure-environment", programs)

    assert refused.returncode == 1
    assert "There is no Python 3.11 or newer here: install python3" in refused.stderr


def test_a_python_that_is_too_old_is_none(clone: Path, programs: Path):
    install(programs, "python3", "exit 1")  # what `works` gets from an old one

    assert "There is no Python 3.11 or newer here" in run(clone, "ensure-environment", programs).stderr


def test_without_the_venv_module_it_says_how_to_get_it(clone: Path, programs: Path):
    without_venv = f'case "$*" in *ensurepip*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac'
    install(programs, "python3", without_venv)

    refused = run(clone, "ensure-environment", programs)

    assert refused.returncode == 1
    assert (
        "venv module is missing: install it (on Debian and Ubuntu: apt-get install python3." in refused.stderr
    )


def test_nothing_is_installed_twice(clone: Path, programs: Path):
    (clone / "requirements.txt").write_text("# nothing\n")
    install(programs, "python3", f'exec {sys.executable} "$@"')

    first, second = (run(clone, "ensure-environment", programs) for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0)
    assert "Installing the packages" in first.stderr
    assert second.stderr == ""


def test_without_a_browser_it_says_how_to_get_one(clone: Path, programs: Path):
    refused = run(clone, "ensure-browser", programs)

    assert refused.returncode == 1
    assert "install it (on Debian: sudo apt-get install chromium)" in refused.stderr
