"""A task's move and the event that tells of it are one: without the one there is not the other."""

import pytest

from pingpong.tasks.idempotency import IdempotencyKey
from pingpong.tasks.intents import Failure
from pingpong.tasks.models import Task
from tests.recorded import comes_to_nothing_without_its_event

KEY = IdempotencyKey("somebody", "key", "fingerprint")
OF_A_RUNNING_TASK = {
    "submit": lambda task: Task.submit("ping", {"text": "hello"}),
    "submit under a key": lambda task: Task.submit("ping", {"text": "hello"}, KEY),
    "claim": lambda task: Task.claim(task.id, 2),
    "answer": lambda task: task.answer("pong"),
    "fail": lambda task: task.fail(Failure("broke", "trace")),
    "fail, to be tried again": lambda task: task.fail(Failure("broke"), retry_in_s=1),
    "advance": lambda task: task.advance(10),
    "cancel": lambda task: task.cancel(),
}
TABLES = ("tasks", "task_failures", "idempotency_keys")


@pytest.fixture
def running(app) -> Task:
    task, _ = Task.submit("ping", {"text": "hello"})
    return Task.claim(task.id, 1)[0]


@pytest.mark.parametrize("verb", OF_A_RUNNING_TASK.values(), ids=OF_A_RUNNING_TASK)
def test_what_cannot_be_recorded_is_not_done(running, verb):
    comes_to_nothing_without_its_event(lambda: verb(running), *TABLES)


def test_another_try_that_cannot_be_recorded_is_none(running):
    running.fail(Failure("broke"))

    comes_to_nothing_without_its_event(running.retry, *TABLES)
