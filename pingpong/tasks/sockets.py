"""`ws /ws/notifications/`: how one's own tasks get on."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from flask import Blueprint, Response, current_app, request

from pingpong.accounts.audience import audience_of
from pingpong.accounts.identity import Identity
from pingpong.accounts.listening import require_listener
from pingpong.accounts.looks import require_session
from pingpong.errors import InvalidInput
from pingpong.extensions import db, release
from pingpong.live.extension import hub
from pingpong.live.party import Message
from pingpong.live.sockets import serve
from pingpong.live.update import Reset, Update
from pingpong.tasks.models import Task
from pingpong.tasks.states import TaskStatus

blueprint = Blueprint("notifications", __name__)

CANCELLED = "The task was cancelled."


@blueprint.route("/ws/notifications/", websocket=True)
def notifications() -> Response:
    """Tell the progress and the result of each of one's own tasks; `?since=` an event id replays."""
    return serve(lambda: Notifications(require_listener(), request.args.get("since")))


class Notifications:
    """Somebody who wants to know how their tasks get on."""

    uncounted: frozenset[str] = frozenset()

    def __init__(self, identity: Identity, last_event_id: str | None) -> None:
        self.person_id = identity.user.id
        self.audience = audience_of(identity)
        self.last_event_id = last_event_id
        self._session_id = identity.session_id
        self._heard_until = hub.last_event_id
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]

    def greet(self) -> Iterable[Message]:
        """Say where the news stands."""
        yield {
            "type": "connection_established",
            "message": "Connected.",
            "last_event_id": self._heard_until,
        }

    def translate(self, update: Update) -> Iterator[Message]:
        """The messages that the news of a task makes."""
        if update.event == "task":
            with self._app.app_context():
                for message in translate(update):
                    yield {**message, "event_id": str(update.position)}

    def resume(self, reset: Reset) -> Iterable[Message]:
        """Tell to read anew."""
        yield {"type": "reset", "event_id": str(reset.position or "")}

    def receive(self, message: Message) -> Iterable[Message]:
        """There is nothing to say here."""
        raise InvalidInput.of(type=f"{message['type'][:50]!r} means nothing here")

    def look(self) -> Iterable[Message]:
        """The news of a session's end may have been lost on the way."""
        require_session(self._session_id)
        return ()


def translate(update: Update) -> Iterator[Message]:
    """The messages that the news of a task makes."""
    news = update.fields
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
