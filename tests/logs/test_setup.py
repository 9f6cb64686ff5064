"""The logs: one event per line, with its ids, and without what people wrote."""

import io
import json
import logging
import os
import sys

import pytest
import structlog

from pingpong.logs import configure_logging
from pingpong.settings import SettingsError, load_settings
from tests.logs.conftest import production


def test_an_event_is_one_line_of_json_with_its_process(line):
    structlog.get_logger("pingpong.test").info("something_happened", count=2)

    logged = line("something_happened")
    assert (logged["count"], logged["level"], logged["logger"]) == (2, "info", "pingpong.test")
    assert (logged["process"], logged["pid"]) == ("web", os.getpid())
    assert logged["timestamp"].endswith("Z")


def test_the_libraries_lines_look_like_ours_and_have_the_same_ids(line):
    structlog.contextvars.bind_contextvars(request_id="abc-123")
    logging.getLogger("gunicorn.error").warning("worker %s", "left")

    logged = line("worker left")
    assert (logged["logger"], logged["level"], logged["request_id"]) == (
        "gunicorn.error",
        "warning",
        "abc-123",
    )


def test_what_is_below_the_level_is_not_logged(untouched):
    stream = io.StringIO()
    configure_logging(production(log_level="warning"), "web", stream)

    structlog.get_logger("pingpong.test").info("too_little")
    logging.getLogger("rq.anything").info("too little")

    assert stream.getvalue() == ""


def test_a_record_that_cannot_be_formatted_is_told_of_by_a_line_of_json(line):
    record = logging.LogRecord("careless", logging.INFO, "careless.py", 7, "%d jobs", ("no number",), None)

    logging.getLogger().handlers[0].handle(record)  # pytest's own handler would fail the test

    logged = line("log_line_lost")
    assert logged["logger"] == "careless"
    assert logged["place"] == "careless.py:7"


def test_a_value_that_json_does_not_know_is_told_as_text(line):
    structlog.get_logger("pingpong.test").info("odd", home=os.path, half="\ud800")

    assert "path" in line("odd")["home"]


def test_in_development_a_line_is_for_people(untouched):
    stream = io.StringIO()
    configure_logging(load_settings(PINGPONG_ENV="development"), "web", stream)

    structlog.get_logger("pingpong.test").info("something_happened", token="abcdef123456")

    assert "something_happened" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
    assert "abcdef" not in stream.getvalue()


def test_a_log_file_is_json_even_in_development(untouched, tmp_path):
    file = tmp_path / "pingpong.log"
    configure_logging(load_settings(PINGPONG_ENV="development", log_file=file), "web", io.StringIO())

    structlog.get_logger("pingpong.test").info("something_happened")

    assert json.loads(file.read_text())["event"] == "something_happened"


@pytest.mark.parametrize("path", ["nowhere/pingpong.log", "."])
def test_a_log_file_that_cannot_be_written_is_a_bad_setting(untouched, tmp_path, path):
    with pytest.raises(SettingsError, match=r"^LOG_FILE: cannot be written: "):
        configure_logging(production(log_file=tmp_path / path), "web", io.StringIO())


def test_configured_twice_it_logs_once(untouched, tmp_path):
    file = tmp_path / "pingpong.log"
    for _ in range(2):
        configure_logging(production(log_file=file), "web", io.StringIO())

    logging.getLogger("pingpong.test").warning("once")

    assert len(file.read_text().splitlines()) == 1


def test_a_process_with_a_stream_of_its_own_keeps_standard_error_for_people(untouched):
    before = sys.stderr

    configure_logging(production(), "flask", io.StringIO())

    assert sys.stderr is before
