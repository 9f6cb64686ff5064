"""The logs: one event per line, with its ids, and without what people wrote."""

import io
import json
import logging

import pytest
import structlog

from pingpong.logs import configure_logging
from pingpong.settings import load_settings


@pytest.fixture
def lines():
    """What this process logs, as production writes it."""
    root = logging.getLogger()
    kept_handlers, kept_level = root.handlers[:], root.level
    stream = io.StringIO()
    settings = load_settings(PINGPONG_ENV="production", secret_key="k3y-" + "0123456789abcdef" * 3)
    configure_logging(settings, "web", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = kept_handlers
    root.setLevel(kept_level)
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json_with_its_process(lines):
    structlog.get_logger("pingpong.test").info("something_happened", count=2)

    [line] = lines()
    assert line["event"] == "something_happened"
    assert (line["count"], line["level"], line["process"]) == (2, "info", "web")
    assert line["timestamp"].endswith("Z")


def test_the_libraries_lines_look_like_ours(lines):
    logging.getLogger("gunicorn.error").warning("worker %s", "left")

    [line] = lines()
    assert (line["event"], line["logger"]) == ("worker left", "gunicorn.error")


def test_an_error_keeps_its_stack_on_the_same_line_and_no_local_variables(lines):
    secret = "a private text"
    try:
        int(secret[:1])
    except ValueError:
        structlog.get_logger("pingpong.test").exception("it_broke")

    [line] = lines()
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "private" not in json.dumps(line)


def test_a_request_is_logged_with_its_id_and_without_the_message(client, lines):
    structlog.contextvars.clear_contextvars()
    client.post("/submit/", json={"message": "a private text"}, headers={"X-Request-ID": "abc-123"})

    [line] = [line for line in lines() if line["event"] == "request"]
    assert (line["request_id"], line["method"], line["path"], line["status"]) == (
        "abc-123",
        "POST",
        "/submit/",
        202,
    )
    assert not any("private" in json.dumps(line) for line in lines())


def test_a_job_is_logged_with_its_ids_and_without_the_message(client, lines, work):
    client.post("/submit/", json={"message": "a private text"})

    work()

    assert not any("private" in json.dumps(line) for line in lines())
