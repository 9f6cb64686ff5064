"""A job that the worker has started."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from gevent import get_hub
from rq.job import Job, _job_stack


class StartedJob(Job):
    """RQ's Job, for a worker with many of them in one thread.

    It spares the round trip by which RQ's makes itself persistent: the start has done that. The coroutine of
    an `async def` job runs in a thread of gevent's pool, since a thread has but one running asyncio loop.
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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def wait(self) -> Any:  # noqa: ANN401 - whatever it returns
        try:
            return get_hub().threadpool.apply(asyncio.run, [self._run()])
        except BaseException:
            if self._loop and self._task and not self._task.done():
                self._loop.call_soon_threadsafe(self._task.cancel)
            raise

    async def _run(self) -> Any:  # noqa: ANN401 - whatever it returns
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        return await self._coroutine
