"""The folder that the web processes of one gunicorn share."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from pingpong.metrics import folder
from tests.processes import python, started

HOLD = """
import sys
from pathlib import Path
from pingpong.metrics import folder
folder.IN_MEMORY = Path(sys.argv[1])
print(folder.share(), flush=True)
sys.stdin.readline()
folder.discard()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(folder, "IN_MEMORY", tmp_path)
    monkeypatch.setattr(folder, "_held", [])
    monkeypatch.delenv(folder.VARIABLE, raising=False)
    yield tmp_path
    folder.discard()
    os.environ.pop(folder.VARIABLE, None)


def another(place: Path, **options: object):
    return started(python("-c", HOLD, place), stdin=subprocess.PIPE, **options)


def test_it_is_there_while_it_is_used_and_gone_afterwards(place):
    made = folder.share()

    assert folder.shared() == made
    assert made.is_relative_to(place)

    folder.discard()
    assert not made.exists()
    assert folder.shared() is None


def test_a_second_look_at_the_configuration_makes_no_second_one():
    assert folder.share() == folder.share()


def test_one_that_another_gunicorn_uses_stays(place):
    with another(place) as other:
        theirs = Path(other.stdout.readline().strip())
        folder.share()

        assert theirs.is_dir()


def test_one_whose_gunicorn_was_killed_is_removed_by_the_next(place):
    with another(place) as other:
        theirs = Path(other.stdout.readline().strip())
        other.send_signal(signal.SIGKILL)
        other.wait()

    folder.share()
    assert not theirs.exists()


def test_a_gunicorn_that_was_replaced_leaves_the_folder_to_its_successor(place):
    made = folder.share()
    with another(place, env={**os.environ, folder.VARIABLE: str(made)}) as successor:
        assert Path(successor.stdout.readline().strip()) == made
        folder.discard()
        assert made.is_dir()

        successor.communicate("end\n", timeout=10)
    assert not made.exists()


def test_of_a_process_that_ended_only_its_gauges_are_forgotten():
    made = folder.share()
    for name in ("counter_7.db", "histogram_7.db", "gauge_livesum_7.db", "gauge_livesum_8.db"):
        (made / name).touch()

    folder.forget(7)

    assert {file.name for file in made.glob("*.db")} == {
        "counter_7.db",
        "histogram_7.db",
        "gauge_livesum_8.db",
    }
