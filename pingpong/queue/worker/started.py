"""A job that the worker has started."""

import asyncio
from collections.abc import Coroutine
from functools import cache
from typing import Any

from gevent.threadpool import ThreadPool
from rq.job import Job, _job_stack

AT_ONCE = 10
"""How many `async def` jobs of a process run at the same time; the others wait."""


class StartedJob(Job):
    """RQ's Job, for a worker with many of them in one thread.

    It spares the round trip by which RQ's makes itself persistent: the start has done that. The coroutine of
    an `async def` job runs in a thread of a pool, since a thread has but one running asyncio loop.
    """

    def perform(self) -> Any:  # noqa: ANN401 - whatever the function returns
        """Call the job's function; `rq.get_current_job()` is this job meanwhile."""
        _job_stack.push(self)  # type: ignore[no-untyped-call]
        try:
            self._result = self._execute()
        finally:
            _job_stack.pop()  # type: ignore[no-untyped-call]
        return self._result

    def _execute(self) -> Any:  # noqa: ANN401 - whatever the function returns
        result = self.func(*self.args, **self.kwargs)
        return _Running(result).wait() if asyncio.iscoroutine(result) else result


class _Running:
    """A coroutine in a thread of its own, cancelled when the job that waits for it is interrupted."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self._is_cancelled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def wait(self) -> Any:  # noqa: ANN401 - whatever it returns
        try:
            value, error = _pool().apply(self._outcome)
        except BaseException:
            self._cancel()
            raise
        if error is not None:
            raise error
        return value

    def _outcome(self) -> tuple[Any, BaseException | None]:
        """In the thread. What is raised there, gevent takes for a fault and logs as one."""
        try:
            return asyncio.run(self._run()), None
        except BaseException as error:  # noqa: BLE001 - raised where the job waits
            return None, error

    async def _run(self) -> Any:  # noqa: ANN401 - whatever it returns
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._is_cancelled:
            self._coroutine.close()
            raise asyncio.CancelledError
        return await self._coroutine

    def _cancel(self) -> None:
        self._is_cancelled = True
        if self._loop and self._task and not self._task.done():
            self._loop.call_soon_threadsafe(self._task.cancel)


@cache
def _pool() -> ThreadPool:
    """Not gevent's own, in which names of hosts are looked up: nobody would reach Redis while it is full."""
    return ThreadPool(AT_ONCE)
