"""Waiting until a task has its age: never early, whatever happened before."""

import time
import uuid

import pytest

from pingpong.tasks.context import PROGRESS_EVERY_S, TaskContext
from pingpong.tasks.errors import TaskCancelled


@pytest.fixture
def make_context(settings):
    def make(age_s: float = 0, advance=lambda _: True) -> TaskContext:
        return TaskContext(uuid.uuid4(), 1, settings, time.monotonic() - age_s, advance)

    return make


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


def test_progress_is_told_a_few_times_a_second_however_often_it_is_given(make_context, monkeypatch):
    now_s, told = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    context = make_context(advance=lambda percent: bool(told.append(percent)) or True)

    for percent in range(100):
        now_s[0] += PROGRESS_EVERY_S / 10
        context.progress(percent)

    assert len(told) == 10
    assert told == sorted(told)


@pytest.mark.parametrize(("given", "told"), [(-5, 0), (33.9, 33), (250, 100)])
def test_progress_is_a_whole_percentage(make_context, monkeypatch, given, told):
    noted = []
    context = make_context(advance=lambda percent: bool(noted.append(percent)) or True)
    monkeypatch.setattr("pingpong.tasks.context.PROGRESS_EVERY_S", 0)

    context.progress(given)

    assert noted == [told]


def test_work_that_is_no_longer_wanted_is_stopped(make_context, monkeypatch):
    context = make_context(advance=lambda _: False)
    monkeypatch.setattr("pingpong.tasks.context.PROGRESS_EVERY_S", 0)

    with pytest.raises(TaskCancelled):
        context.progress(50)
