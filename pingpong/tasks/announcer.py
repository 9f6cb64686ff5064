"""Telling the news of tasks, for many at once, after their commits.

One thread (a greenlet, where gevent has patched threads) publishes all that waits in one round trip. Another
notes now and then in one statement which rows have had their final news told; news must not wait for its
commit. What is lost between the two, the rescuer announces again.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import structlog
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from pingpong import clock
from pingpong.database import without_waiting_for_the_disk
from pingpong.extensions import db, redis
from pingpong.live.extension import bus
from pingpong.live.publish import publish
from pingpong.live.update import Update
from pingpong.origin import to_pass_on
from pingpong.tasks.models import Task
from pingpong.tasks.schemas import news_of
from pingpong.telemetry.spans import Origin, spans

log = structlog.get_logger(__name__)

NOTE_EVERY_S = 0.25
BATCH = 500


@dataclass(frozen=True)
class News:
    """What is to be told, and from where."""

    task_id: UUID
    update: Update | None
    is_final: bool
    names: dict[str, str]
    """The ids of the request that it is told for."""
    origin: Origin
    """Its place in a trace."""


Item = TypeVar("Item")


class Announcer:
    """The news of one process' tasks."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._waiting: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._told: queue.SimpleQueue[UUID] = queue.SimpleQueue()

    def announce(self, task: Task) -> None:
        """Tell how a committed task stands, when its turn comes. Never blocks, never fails."""
        self._waiting.put(News(task.id, news_of(task), not task.is_open, to_pass_on(), spans.here()))

    def start(self) -> None:
        """Tell from now on all that is announced, as it comes. Called once by each worker process."""
        for step in (self._tell_next, self._note_next):
            threading.Thread(target=self._over_and_over, args=[step], name="announcer", daemon=True).start()

    def run_once(self) -> None:
        """Tell all that waits, and note what was told."""
        with self._app.app_context():
            self._tell(_rest(self._waiting))
            self._note(_rest(self._told))

    def _over_and_over(self, step: Callable[[], None]) -> None:
        while True:
            try:
                step()
            except Exception:  # the boundary of the thread: what was not told, the rescuer tells
                log.exception("announcement_failed")

    def _tell_next(self) -> None:
        news = self._waiting.get()
        with self._app.app_context():
            self._tell([news, *_rest(self._waiting)])

    def _note_next(self) -> None:
        told = self._told.get()
        time.sleep(NOTE_EVERY_S)
        with self._app.app_context():
            self._note([told, *_rest(self._told)])

    def _tell(self, batch: list[News]) -> None:
        updates = [news.update for news in batch if news.update]
        try:
            if updates:
                with spans.together("publish", [news.origin for news in batch]), spans.step("publish"):
                    publish(redis, bus, updates)
        except RedisError as error:
            log.warning("announcement_deferred", tasks=len(batch), error=str(error))
        else:
            for news in batch:
                log.debug("news_published", task_id=str(news.task_id), **news.names)
                if news.is_final:
                    self._told.put(news.task_id)

    def _note(self, told: list[UUID]) -> None:
        if not told:
            return
        try:
            mark_announced(told)
        except SQLAlchemyError as error:
            log.warning("announcement_not_noted", tasks=len(told), error=str(error).partition("\n")[0])


def _rest(waiting: "queue.SimpleQueue[Item]") -> list[Item]:
    """What waits just now, but not without end."""
    rest: list[Item] = []
    while len(rest) < BATCH and not waiting.empty():
        rest.append(waiting.get())
    return rest


def mark_announced(task_ids: list[UUID]) -> None:
    """Note that the final news of these tasks has been told."""
    db.session.execute(
        update(Task)
        .where(Task.id.in_(task_ids), Task.announced_at.is_(None), without_waiting_for_the_disk())
        .values(announced_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
