"""What nobody has caught or meant to log is a log line, too."""

import json
import subprocess
import sys
import threading
import warnings

import gevent
import pytest

from pingpong.logs.strays import StrayLines, logged_end
from tests.logs.conftest import SECRET_KEY

START = """
import sys, threading
from pingpong.logs import configure_logging
from pingpong.settings import load_settings
configure_logging(load_settings(), "web")
"""


def run(code: str) -> tuple[int, list[dict]]:
    """What a process in production writes, to both of its outputs."""
    environment = {"PINGPONG_ENV": "production", "SECRET_KEY": SECRET_KEY}
    ended = subprocess.run(
        [sys.executable, "-c", START + code],
        check=False,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=30,
    )
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()]


def test_what_ends_the_process_is_one_line_with_its_stack():
    code, [line] = run("raise ValueError('a private text')")

    assert (code, line["event"], line["level"]) == (1, "process_broke", "critical")
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "private" not in json.dumps(line)


def test_what_is_written_to_standard_error_is_a_line_of_the_log():
    _, lines = run("print('one\\n\\ntwo', file=sys.stderr); sys.exit('the end')")

    assert [(line["event"], line["logger"]) for line in lines] == [
        ("one", "stderr"),
        ("two", "stderr"),
        ("the end", "stderr"),
    ]


def test_a_line_is_logged_when_it_is_complete(lines):
    stray = StrayLines(sys.__stderr__)

    stray.write("half of ")
    assert lines() == []
    stray.write("a line\nand")

    assert [line["event"] for line in lines()] == ["half of a line"]


def test_a_warning_is_logged(lines):
    warnings.warn("this is old", DeprecationWarning, stacklevel=1)

    [line] = lines()
    assert line["logger"] == "py.warnings"
    assert "this is old" in line["event"]


def test_what_ends_a_thread_is_logged_with_its_name(line):
    thread = threading.Thread(target=int, args=["a private text"], name="batcher")

    thread.start()
    thread.join()

    logged = line("thread_broke")
    assert logged["broken"] == "batcher"
    assert "private" not in json.dumps(logged)


def test_what_ends_a_greenlet_is_logged_without_its_arguments(line):
    gevent.spawn(int, "a private text").join()

    logged = line("greenlet_broke")
    assert logged["exception"][0]["exc_type"] == "ValueError"
    assert "private" not in json.dumps(logged)


def test_what_a_finalizer_raises_is_logged(line):
    class Broken:
        def __del__(self) -> None:
            raise ValueError("a private text")

    Broken()

    assert line("finalizer_broke")["exception"][0]["exc_type"] == "ValueError"


def test_what_breaks_in_a_forked_process_is_logged_and_ends_it(line):
    with pytest.raises(SystemExit) as ended, logged_end():
        raise ValueError("a private text")

    assert ended.value.code == 1
    assert line("process_broke")["level"] == "critical"
