"""Cleaning RQ's registries of what has expired."""

from collections.abc import Callable
from typing import Any

from rq import worker_registration
from rq.queue import Queue
from rq.registry import DeferredJobRegistry, FailedJobRegistry, FinishedJobRegistry, StartedJobRegistry

from pingpong.queue.worker.timeouts import GreenletDeathPenalty


def clean_registries(queue: Queue, exception_handlers: list[Callable[..., Any]]) -> None:
    """Drop what has expired from the registries of `queue`, and workers whose keys are gone.

    RQ's own function gives failure callbacks of abandoned jobs a time limit by SIGALRM, which the jobs of one
    process cannot share; and it fails jobs that lie in the intermediate queue, which are rather put back.
    """
    for registry_class in (FinishedJobRegistry, FailedJobRegistry, DeferredJobRegistry):
        registry_class(queue=queue, job_class=queue.job_class).cleanup()
    started = StartedJobRegistry(
        queue=queue, job_class=queue.job_class, death_penalty_class=GreenletDeathPenalty
    )
    started.cleanup(exception_handlers=exception_handlers)
    worker_registration.clean_worker_registry(queue)
