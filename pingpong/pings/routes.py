"""`POST /submit/`: a message comes in."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, redirect, request, url_for

from pingpong.accounts.csrf import without_token
from pingpong.errors import InvalidInput, wants_page
from pingpong.pings.kind import ping
from pingpong.pings.pages import render_home
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.idempotency import LONGEST_SCOPE, IdempotencyKey
from pingpong.tasks.models import Task
from pingpong.tasks.schemas import TaskNews

blueprint = Blueprint("submit", __name__)


@blueprint.post("/submit/")
@without_token(forms=True)
def submit() -> Response:
    """Accept `message`, as JSON or a form: 202, or to a form without JavaScript 303 to the message's page."""
    try:
        params = ping.validate(_given(), names={"text": "message"})
        key = IdempotencyKey.parse(request.headers.get("Idempotency-Key"), _scope(), ping.name, params)
        task, is_new = Task.submit(ping.name, params, key)
    except InvalidInput as error:
        if wants_page():
            return _form_again(error)
        raise
    if is_new:
        dispatch(task)
    if wants_page():
        return make_response(redirect(url_for("pings.show", task_id=task.id), 303))
    return _accepted(task)


def _given() -> dict[str, Any]:
    """The kind's parameters, from what the client calls `message`."""
    if not request.is_json:
        # A form sends each line end as two characters; the person typed one.
        return {name: text.replace("\r\n", "\n") for name, text in _renamed(request.form).items()}
    body = request.get_json()
    if not isinstance(body, dict):
        raise InvalidInput.of(body="must be an object")
    return _renamed(body)


def _renamed(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": given["message"]} if "message" in given else {}


def _scope() -> str:
    # A proxy that is trusted and should not be can say anything here, of any length.
    return f"address:{request.remote_addr}"[:LONGEST_SCOPE]


def _accepted(task: Task) -> Response:
    """What the first submit with a key was told is what every repetition is told."""
    shown = TaskNews.of(task).model_dump(mode="json")
    body = {name: shown[name] for name in ("id", "kind", "message", "submitted_at")}
    response = jsonify(**body, status="queued")
    response.status_code = 202
    response.headers["Location"] = url_for("tasks.result", task_id=task.id)
    return response


def _form_again(error: InvalidInput) -> Response:
    response = make_response(render_home(error=error.message, message=request.form.get("message", "")))
    response.status_code = error.status
    return response
