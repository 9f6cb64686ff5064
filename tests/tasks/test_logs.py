"""What the worker logs of a task: one line for how it ended, with its ids and without its text."""

import pytest
from structlog.testing import capture_logs

from pingpong.extensions import db
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.models import Task


def ended(task: Task, work) -> list[dict]:
    """The lines of the task's life in the worker, at info level and above."""
    dispatch(task)
    with capture_logs() as lines:
        work()
    return [line for line in lines if line["log_level"] != "debug"]


def test_an_answer_is_one_line(app, work):
    [line] = ended(Task.submit("ping", {"text": "a private text"})[0], work)

    assert (line["event"], line["kind"], line["log_level"]) == ("task_answered", "ping", "info")
    assert line["ms"] >= 0


@pytest.mark.parametrize(("retries", "event"), [(0, "task_failed"), (1, "attempt_failed")])
def test_a_failure_is_one_line_without_the_errors_words(app, kinds, work, retries, event):
    @kinds.task(retries=retries)
    def refuse(ctx) -> None:
        """Fail."""
        raise ValueError("a private text")

    [line] = ended(Task.submit("refuse", {})[0], work)

    assert (line["event"], line["kind"], line["log_level"]) == (event, "refuse", "warning")
    assert "private" not in str(line)


def test_an_answer_that_comes_too_late_is_one_line(app, kinds, work):
    @kinds.task()
    def overtaken(ctx) -> None:
        """Be cancelled meanwhile."""
        db.session.get(Task, ctx.task_id).cancel()

    [line] = ended(Task.submit("overtaken", {})[0], work)

    assert line["event"] == "answer_came_late"
