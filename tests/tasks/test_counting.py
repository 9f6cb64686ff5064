"""What is counted of tasks, when it happens."""

import pytest

from pingpong.extensions import db
from pingpong.metrics.counters import LATENESS, TASKS, TASKS_DISPATCHED
from pingpong.tasks.control import cancel, retry
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.jobs import run
from pingpong.tasks.models import Task


def submitted(kind: str, **params: str) -> Task:
    task, _ = Task.submit(kind, params)
    dispatch(task)
    return task


def test_a_ping_is_dispatched_done_and_its_lateness_is_measured(app, client, work, counted):
    client.post("/submit/", json={"message": "hi"})
    work()

    assert counted.of(TASKS_DISPATCHED, kind="ping") == 1
    assert counted.of(TASKS, kind="ping", outcome="done") == 1
    assert counted.of(LATENESS, kind="ping") == 1
    assert 0 < counted.seconds(LATENESS, kind="ping") < 10


def test_what_could_not_be_enqueued_is_not_dispatched(app, counted, monkeypatch):
    monkeypatch.setattr(app.extensions["task_writes"], "dispatch", lambda departure: False)

    submitted("ping", text="hi")

    assert counted.of(TASKS_DISPATCHED, kind="ping") == 0


def test_lateness_counts_from_the_moment_that_was_promised(app, kinds, work, counted):
    @kinds.task()
    def prompt(ctx) -> None:
        """Answer after some time."""
        ctx.wait_until_age(0.3)

    task = submitted("prompt")
    work()

    task = db.session.get_one(Task, task.id, populate_existing=True)
    took_s = (task.finished_at - task.submitted_at).total_seconds()
    assert counted.of(LATENESS, kind="prompt") == 1
    assert counted.seconds(LATENESS, kind="prompt") == pytest.approx(took_s - 0.3, abs=0.001)
    assert 0.3 <= took_s < 0.6


def test_a_kind_that_promises_no_moment_is_never_late(app, kinds, work, counted):
    @kinds.task()
    def whenever(ctx) -> None:
        """Answer."""

    submitted("whenever")
    work()

    assert counted.of(TASKS, kind="whenever", outcome="done") == 1
    assert counted.of(LATENESS, kind="whenever") == 0


def test_failures_and_further_attempts_are_told_apart(app, kinds, work, counted):
    @kinds.task(retries=1, backoff_s=60)
    def flaky(ctx) -> None:
        """Fail."""
        raise ConnectionError

    task = submitted("flaky")
    work()
    assert counted.of(TASKS, kind="flaky", outcome="retried") == 1
    assert counted.of(TASKS, kind="flaky", outcome="failed") == 0

    Task.claim(task.id, 2)
    cancel(task)
    assert counted.of(TASKS, kind="flaky", outcome="cancelled") == 1

    retry(task)
    assert counted.of(TASKS, kind="flaky", outcome="retried") == 1  # no attempt has failed
    assert counted.of(TASKS_DISPATCHED, kind="flaky") == 2


def test_progress_is_no_outcome(app, kinds, counted):
    @kinds.task()
    def slow(ctx) -> None:
        """Go on."""

    task, _ = Task.claim(submitted("slow").id, 1)
    task.advance(50)

    assert not any(counted.of(TASKS, kind="slow", outcome=outcome) for outcome in TASKS.known["outcome"])


def test_a_job_that_runs_twice_counts_one_answer(app, client, work, counted):
    client.post("/submit/", json={"message": "hi"})
    task_id = str(Task.query.one().id)
    work()

    run(task_id, 1)

    assert counted.of(TASKS, kind="ping", outcome="done") == 1
