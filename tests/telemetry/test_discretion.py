"""What a report says of a log line and of an error."""

import logging

import pytest

from pingpong.errors import InvalidInput, Unavailable
from pingpong.tasks.errors import TaskCancelled, TaskFailed
from pingpong.telemetry.discretion import breadcrumb, report, words
from pingpong.telemetry.outages import PlatformFaults

TEXT = "what somebody wrote"


@pytest.fixture(autouse=True)
def _nothing_told_yet(monkeypatch):
    monkeypatch.setattr("pingpong.telemetry.discretion.platform_faults", PlatformFaults())


def record(message: object, *args: object, name: str = "pingpong.tasks.jobs", **extra: object):
    made = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, None, func="look_around")
    vars(made).update(extra)
    return made


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (record({"event": "task_given_up", "kind": TEXT, "timestamp": "now"}), "task_given_up"),
        (record("job %s failed", TEXT), "job %s failed"),
        (record("looking after the jobs broke"), "looking after the jobs broke"),
        (
            record("Error handling request %s", f"/?q={TEXT}", name="gunicorn.error"),
            "Error handling request %s",
        ),
        (record(f"Exception on /{TEXT} [GET]", name="pingpong"), "pingpong, test_discretion.look_around"),
        (record(f"cannot parse {TEXT}", name="some.library"), "some.library, test_discretion.look_around"),
    ],
)
def test_a_log_line_is_told_without_what_is_filled_in(line, said):
    assert words(line) == said


def test_a_reported_line_has_its_ids_and_nothing_else():
    line = record({"event": "task_given_up", "task_id": "1", "text": TEXT})
    event = {"logentry": {"formatted": TEXT, "params": [TEXT]}, "extra": {"text": TEXT}, "user": {"id": TEXT}}

    told = report(event, {"log_record": line})

    assert told == {"logentry": {"message": "task_given_up"}, "tags": {"task_id": "1"}}


def test_a_breadcrumb_is_the_name_of_a_log_line():
    crumb = {"level": "info", "message": TEXT, "data": {"text": TEXT}}

    assert breadcrumb(crumb, {"log_record": record({"event": "request", "path": TEXT})}) == {
        "level": "info",
        "message": "request",
        "data": {},
    }
    assert breadcrumb({"category": "httplib", "data": {"url": TEXT}}, {}) is None


@pytest.mark.parametrize(
    ("error", "is_reported"),
    [
        (ValueError(), True),
        (Unavailable("Away."), True),
        (InvalidInput("No."), False),
        (TaskFailed("No."), False),
        (TaskCancelled(), False),
    ],
)
def test_what_nobody_here_must_mend_is_not_reported(error, is_reported):
    hint = {"exc_info": (type(error), error, None)}

    assert (report({}, hint) is not None) == is_reported
