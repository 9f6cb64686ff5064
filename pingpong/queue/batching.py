"""Group commit: what many ask for at the same time is done in one go.

While one batch is being done, the next gathers. A lone item is done at once; under load the batches grow by
themselves. The idea is that of databases' group commit (DeWitt et al., "Implementation Techniques for Main
Memory Database Systems", 1984).
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from flask import Flask

from pingpong.telemetry.spans import Origin, spans

Item = TypeVar("Item")
Result = TypeVar("Result")

DoMany = Callable[[Sequence[Item]], Sequence[Result]]


class Batcher(Generic[Item, Result]):
    """Calls `do_many` with what its callers ask for at the same time; results are in the order of the items.

    Callers are threads, or greenlets where gevent has patched threading. The batches are done in a thread of
    their own: a caller that is interrupted (a job's time-out) interrupts nobody else. An error of `do_many`
    is raised in every caller of that batch. In traces, `name` is the span of each caller's wait.
    """

    def __init__(self, do_many: DoMany[Item, Result], largest: int = 500, name: str = "") -> None:
        self._do_many = do_many
        self._largest = largest
        self._name = name
        self._waiting: queue.SimpleQueue[tuple[Item, Future[Result], Origin]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def __call__(self, item: Item) -> Result:
        """Do the item, together with others if there are any."""
        with spans.step(self._name):
            future: Future[Result] = Future()
            self._waiting.put((item, future, spans.here()))
            self._start()
            return future.result()

    def _start(self) -> None:
        # Not before the first call: a server may fork after this object is made, and threads do not follow.
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="batcher", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            batch = [self._waiting.get()]
            time.sleep(0)  # whoever is about to ask may do so first
            while len(batch) < self._largest and not self._waiting.empty():
                batch.append(self._waiting.get())
            self._do(batch)

    def _do(self, batch: list[tuple[Item, "Future[Result]", Origin]]) -> None:
        items, futures, origins = zip(*batch, strict=True)
        try:
            with spans.together(self._name, origins):
                done = [*zip(futures, self._do_many(items), strict=True)]
        except Exception as error:  # noqa: BLE001 - raised in every caller of the batch
            for future in futures:
                future.set_exception(error)
        else:
            for future, result in done:
                future.set_result(result)


def in_context(app: Flask, do_many: DoMany[Item, Result]) -> DoMany[Item, Result]:
    """A batch that is done outside of any request, in a session of its own."""

    def inside(items: Sequence[Item]) -> Sequence[Result]:
        with app.app_context():
            return do_many(items)

    return inside
