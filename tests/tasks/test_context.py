"""Waiting until a task has its age: never early, whatever happened before."""

import time
import uuid

import pytest

from pingpong.tasks.context import TaskContext


@pytest.fixture
def make_context(settings):
    return lambda age_s: TaskContext(uuid.uuid4(), 1, settings, time.monotonic() - age_s)


def test_time_in_the_queue_counts(make_context):
    context = make_context(2.95)
    started_at = time.monotonic()

    context.wait_until_age(3.0)

    assert context.age_s >= 3.0
    assert time.monotonic() - started_at < 1


def test_what_is_old_enough_waits_no_more(make_context, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waited"))

    make_context(5.0).wait_until_age(3.0)


def test_a_timer_that_fires_early_is_set_again(make_context, monkeypatch):
    context = make_context(0.0)
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(seconds / 2))

    context.wait_until_age(0.05)

    assert context.age_s >= 0.05
