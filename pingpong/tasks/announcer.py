"""Telling the news of tasks, for many at once, after their commits.

One thread (a greenlet, where gevent has patched threads) publishes all that waits in one round trip, and now
and then notes in one statement which rows have had their final news told. What is lost between the two, the
rescuer announces again.
"""

import queue
import threading
import time
from uuid import UUID

import structlog
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from pingpong import clock
from pingpong.extensions import db, redis
from pingpong.live.extension import bus
from pingpong.live.publish import publish
from pingpong.live.update import Update
from pingpong.tasks.models import Task
from pingpong.tasks.registry import registry
from pingpong.tasks.schemas import TaskNews

log = structlog.get_logger(__name__)

NOTE_EVERY_S = 0.25
BATCH = 500

News = tuple[UUID, Update | None, bool]


class Announcer:
    """The news of one process' tasks."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._waiting: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._told: list[UUID] = []
        self._note_at = 0.0

    def announce(self, task: Task) -> None:
        """Tell how a committed task stands, when its turn comes. Never blocks, never fails."""
        news = TaskNews.of(task).update() if registry.is_public(task.kind) else None
        self._waiting.put((task.id, news, not task.is_open))

    def start(self) -> None:
        """Tell from now on all that is announced, as it comes. Called once by each worker process."""
        threading.Thread(target=self._run, name="announcer", daemon=True).start()

    def run_once(self) -> None:
        """Tell all that waits, and note what was told."""
        with self._app.app_context():
            self._tell(self._take(block=False))
            self._note()

    def _run(self) -> None:
        while True:
            try:
                self._tell_and_note()
            except Exception:  # the boundary of the thread: what was not told, the rescuer tells
                log.exception("announcement_failed")

    def _tell_and_note(self) -> None:
        batch = self._take(block=True, timeout_s=NOTE_EVERY_S if self._told else None)
        with self._app.app_context():
            self._tell(batch)
            if time.monotonic() >= self._note_at:
                self._note()
                self._note_at = time.monotonic() + NOTE_EVERY_S

    def _take(self, *, block: bool, timeout_s: float | None = None) -> list[News]:
        batch: list[News] = []
        try:
            batch.append(self._waiting.get(block, timeout_s))
            while len(batch) < BATCH:
                batch.append(self._waiting.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _tell(self, batch: list[News]) -> None:
        updates = [update for _, update, _ in batch if update]
        try:
            if updates:
                publish(redis, bus, updates)
        except RedisError as error:
            log.warning("announcement_deferred", tasks=len(batch), error=str(error))
        else:
            self._told += [task_id for task_id, _, is_final in batch if is_final]

    def _note(self) -> None:
        told, self._told = self._told, []
        if not told:
            return
        try:
            mark_announced(told)
        except SQLAlchemyError as error:
            log.warning("announcement_not_noted", tasks=len(told), error=str(error).partition("\n")[0])


def mark_announced(task_ids: list[UUID]) -> None:
    """Note that the final news of these tasks has been told."""
    db.session.execute(
        update(Task)
        .where(Task.id.in_(task_ids), Task.announced_at.is_(None))
        .values(announced_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
