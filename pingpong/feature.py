"""What a feature adds to pingpong. Each feature's `__init__.py` declares one `Feature`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint

from pingpong.metrics.metric import Survey
from pingpong.queue.schedule import Schedule
from pingpong.settings import Settings


@dataclass(frozen=True)
class Feature:
    """A feature's blueprints, its periodic jobs, what the rescuer is to look after, and its gauges.

    A rescue is a function that puts right what was lost and returns how many things it found. A survey is
    asked how its gauges stand whenever `/metrics` is read.
    """

    blueprints: Sequence[Blueprint] = ()
    schedules: Callable[[Settings], Sequence[Schedule]] | None = None
    rescues: Sequence[Callable[[], int]] = ()
    surveys: Sequence[Survey] = ()
