"""`ws /ws/notifications/`: how one's own tasks get on."""

import json
from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response

from pingpong.accounts.listening import require_listener
from pingpong.errors import InvalidInput
from pingpong.extensions import db, release
from pingpong.live.sockets import Listener, Message, serve
from pingpong.live.update import Update
from pingpong.tasks.models import Task
from pingpong.tasks.states import TaskStatus

blueprint = Blueprint("notifications", __name__)

CANCELLED = "The task was cancelled."


@blueprint.route("/ws/notifications/", websocket=True)
def notifications() -> Response:
    """Tell the progress and the result of each of one's own tasks; `?since=` an event id replays."""
    return serve(_listener, translate, _receive)


def translate(update: Update) -> Iterator[Message]:
    """The messages that the news of a task makes."""
    if update.event != "task":
        return
    news = json.loads(update.data)
    task = {"task_id": news["id"], "task_type": news["kind"]}
    if news["status"] == TaskStatus.DONE:
        yield {"type": "task_result", "data": {**task, "status": "completed", "result": _result(news)}}
    elif news["status"] in {TaskStatus.FAILED, TaskStatus.CANCELLED}:
        yield {"type": "task_result", "data": {**task, "status": "failed", "error": _error(news)}}
    elif news["status"] == TaskStatus.RUNNING:
        yield {"type": "task_progress", "data": {"task_id": news["id"], "progress": news["progress"]}}


def _result(news: Message) -> object:
    """From the news, unless it is too large for that."""
    for result in (news.get("result"), news["reply"]):
        if result is not None:
            return result
    task = _row(news)
    return task.result if task else None


def _error(news: Message) -> str | None:
    """From the news, unless it is everybody's and does not tell."""
    if news["status"] == TaskStatus.CANCELLED:
        return CANCELLED
    if "error" in news:
        return str(news["error"])
    task = _row(news)
    return task.error if task else None


def _row(news: Message) -> Task | None:
    task = db.session.get(Task, UUID(news["id"]), populate_existing=True)
    release()
    return task


def _listener() -> Listener:
    _, listener = require_listener()
    return listener


def _receive(message: Message) -> Iterator[Message]:
    raise InvalidInput.of(type=f"{message['type'][:50]!r} means nothing here")
