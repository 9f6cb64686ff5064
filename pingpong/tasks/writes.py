"""The writes of one process: what its requests and jobs ask at the same time is written together."""

from functools import partial

from flask import Flask

from pingpong.clock import DatabaseClock
from pingpong.queue.batching import Batcher, in_context
from pingpong.tasks import bulk
from pingpong.tasks.dispatch import dispatch_many


class Writes:
    """A batcher for each of the statements in bulk.py, and for what follows the commit."""

    def __init__(self, app: Flask) -> None:
        self.store = Batcher(in_context(app, bulk.store), name="store task")
        self.claim = Batcher(
            in_context(app, partial(bulk.claim, database=DatabaseClock())), name="claim task"
        )
        self.finish = Batcher(in_context(app, bulk.finish), name="answer task")
        self.dispatch = Batcher(in_context(app, dispatch_many), name="send job")
