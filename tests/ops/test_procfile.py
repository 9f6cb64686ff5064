"""The Procfile, as a platform reads it."""

from pathlib import Path

import pytest

from pingpong.ops.procfile import long_running, read_procfile
from pingpong.ops.refusal import CannotStart
from tests.processes import ROOT


def test_each_line_is_a_name_and_a_command_in_the_files_order(tmp_path: Path):
    (tmp_path / "Procfile").write_text("web: gunicorn wsgi:app\n\n# a note\nworker:  python worker.py io \n")

    commands = read_procfile(tmp_path / "Procfile")

    assert list(commands.items()) == [("web", "gunicorn wsgi:app"), ("worker", "python worker.py io")]


def test_what_a_deploy_runs_once_is_not_long_running():
    assert long_running({"web": "serve", "release": "migrate"}) == {"web": "serve"}


def test_ours_has_what_a_ping_needs():
    assert {"web", "worker", "cruncher", "scheduler", "release"} <= read_procfile(ROOT / "Procfile").keys()


def test_a_missing_one_is_said_in_one_sentence(tmp_path: Path):
    with pytest.raises(CannotStart, match="run this from a complete clone"):
        read_procfile(tmp_path / "Procfile")
