"""Tasks that compute, with real processes: each answered once, whatever is stopped or killed meanwhile."""

import os
import signal
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask
from redis import Redis

from pingpong import create_app
from pingpong.extensions import db
from pingpong.settings import load_settings
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.models import Task
from pingpong.tasks.registry import Registry
from pingpong.tasks.states import TaskStatus
from tests.events import EventClient
from tests.journeys import kinds
from tests.stack import COMMANDS, Stack
from tests.waiting import wait_until

WITH_KINDS = ("-m", "tests.journeys.worker_with_kinds")
QUICK = {
    "WORKER_HEARTBEAT_S": "1",
    "DEAD_WORKER_AFTER_S": "3",
    "RESCUE_EVERY_S": "1",
    "RESCUE_AFTER_S": "0.5",
    "TASK_MAX_ATTEMPTS": "2",
    "CRUNCHER_PROCESSES": "1",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    commands = {**COMMANDS, "worker": (*WITH_KINDS, "io"), "cruncher": (*WITH_KINDS, "cpu")}
    with Stack(tmp_path_factory.mktemp("stack"), commands=commands, **QUICK) as running:
        yield running


@pytest.fixture
def events(stack) -> Iterator[EventClient]:
    with EventClient(stack.port) as client:
        yield client


@pytest.fixture
def app(stack, monkeypatch) -> Iterator[Flask]:
    """An app that knows the kinds, beside the processes that do."""
    registry = Registry()
    kinds.add_to(registry)
    monkeypatch.setattr("pingpong.tasks.dispatch.registry", registry)
    app = create_app(load_settings(database_url=stack.database_url, redis_url=stack.redis_url))
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def redis(app) -> Redis:
    return app.extensions["redis"]


@pytest.fixture
def computing(app, redis) -> Task:
    """A task that computes until it is let go."""
    task = submitted("compute", name=uuid4().hex)
    wait_until(lambda: processes_of(task, redis), 30, what="the task to run")
    return task


def submitted(kind: str, **params: str) -> Task:
    task, _ = Task.submit(kind, params)
    dispatch(task)
    return task


def processes_of(task: Task, redis: Redis) -> list[int]:
    """The processes in which it has run."""
    return [int(process) for process in redis.lrange(f"{task.params['name']}:processes", 0, -1)]


def let_go(task: Task, redis: Redis) -> None:
    redis.set(f"{task.params['name']}:go", 1)


def ended(task: Task) -> Task | None:
    """The task as it is now, once it has ended."""
    db.session.rollback()
    db.session.expire_all()
    now = db.session.get_one(Task, task.id)
    return None if now.is_open else now


def told(events: EventClient, task_id: UUID) -> list[str]:
    return [data["status"] for data in events.of("task") if data["id"] == str(task_id)]


def test_a_task_that_computes_is_answered_once_and_delays_no_heartbeat(stack, events, redis, computing):
    wait_until(lambda: "running" in told(events, computing.id), what="the news that it runs")
    before = len(events.of("heartbeat"))
    wait_until(lambda: len(events.of("heartbeat")) >= before + 3, 20)
    let_go(computing, redis)

    task = wait_until(lambda: ended(computing), 20)

    assert task.status is TaskStatus.DONE
    [process] = processes_of(task, redis)
    assert task.result == {"process": process, "attempt": 1}
    wait_until(lambda: ended(computing).announced_at)
    wait_until(lambda: told(events, task.id)[-2:] == ["running", "done"])
    beats = [beat["beat"] for beat in events.of("heartbeat")]
    assert beats == list(range(beats[0], beats[0] + len(beats)))


def test_a_task_whose_process_is_killed_is_tried_again(redis, computing):
    [process] = processes_of(computing, redis)
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: len(processes_of(computing, redis)) == 2, 20, what="the second attempt")
    let_go(computing, redis)

    task = wait_until(lambda: ended(computing), 20)

    assert (task.status, task.attempts) == (TaskStatus.DONE, 2)


def test_a_task_whose_cruncher_is_killed_runs_again(stack, redis, computing):
    stack.kill("cruncher")
    stack.start("cruncher")
    wait_until(lambda: len(processes_of(computing, redis)) == 2, 30, what="the second run")
    let_go(computing, redis)

    task = wait_until(lambda: ended(computing), 20)

    assert (task.status, task.attempts) == (TaskStatus.DONE, 1)


def test_a_task_that_is_given_back_uses_up_no_attempt(stack, redis, computing):
    stack.signal("cruncher", signal.SIGTERM)
    # Signals of the same second count as one.
    wait_until(lambda: stack.signal("cruncher", signal.SIGTERM) or stack.has_ended("cruncher"), 20)
    stack.start("cruncher")
    wait_until(lambda: len(processes_of(computing, redis)) == 2, 30, what="the second run")
    let_go(computing, redis)

    task = wait_until(lambda: ended(computing), 20)

    assert (task.status, task.attempts) == (TaskStatus.DONE, 1)


def test_a_task_that_kills_its_process_each_time_is_given_up_and_everybody_is_told(events, app):
    murderer = submitted("murder")

    task = wait_until(lambda: ended(murderer), 60)

    assert task.status is TaskStatus.FAILED
    assert task.error == "Given up: the last of 2 attempts broke off unfinished."
    wait_until(lambda: told(events, task.id)[-1:] == ["failed"])


def test_without_a_cruncher_messages_are_answered_all_the_same(stack):
    stack.stop("cruncher")
    try:
        wait_until(lambda: stack.answers("/readyz"), 20)
    finally:
        stack.start("cruncher")
