"""Jobs and queues that tell when they are used, and functions of all kinds."""

import asyncio
from typing import Any

from rq import Queue
from rq.job import Job

from tests.queue.jobs import SEEN


class TellingJob(Job):
    def perform(self) -> Any:
        self.connection.rpush(SEEN, "performs")
        return super().perform()


class TellingQueue(Queue):
    def _enqueue_job(self, job: Job, *arguments: Any, **options: Any) -> Job:
        self.connection.rpush(SEEN, "enqueues")
        return super()._enqueue_job(job, *arguments, **options)


class Counter:
    def __init__(self, start: int) -> None:
        self._start = start

    def __call__(self, number: int) -> int:
        return self.count(number)

    def count(self, number: int) -> int:
        return self._start + number

    @classmethod
    def of_class(cls, number: int) -> int:
        return cls(10).count(number)

    @staticmethod
    def static(number: int) -> int:
        return 20 + number


async def fail_slowly() -> None:
    await asyncio.sleep(0)
    raise ValueError("on purpose")


async def add_slowly(a: int, b: int) -> int:
    await asyncio.sleep(0.3)
    return a + b
