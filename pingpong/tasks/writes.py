"""The writes of one process: what its requests and jobs ask at the same time is written together."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from flask import Flask

from pingpong.clock import DatabaseClock
from pingpong.queue.batching import Batcher
from pingpong.tasks import bulk
from pingpong.tasks.dispatch import dispatch_many

Item = TypeVar("Item")
Result = TypeVar("Result")


class Writes:
    """A batcher for each of the statements in bulk.py, and for what follows the commit."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.store = Batcher(self._in_context(bulk.store))
        self.claim = Batcher(self._in_context(partial(bulk.claim, database=DatabaseClock())))
        self.finish = Batcher(self._in_context(bulk.finish))
        self.dispatch = Batcher(self._in_context(dispatch_many))

    def _in_context(
        self, do_many: Callable[[Sequence[Item]], Sequence[Result]]
    ) -> Callable[[Sequence[Item]], Sequence[Result]]:
        """A batch is done outside of any request, in a session of its own."""

        def inside(items: Sequence[Item]) -> Sequence[Result]:
            with self._app.app_context():
                return do_many(items)

        return inside
