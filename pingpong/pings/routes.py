"""`POST /submit/`: a message comes in."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for

from pingpong.accounts.csrf import without_token
from pingpong.accounts.identity import identify
from pingpong.accounts.limits import limited
from pingpong.errors import InvalidInput, wants_page
from pingpong.openapi.access import Access
from pingpong.openapi.operation import Answer, Tag, operation
from pingpong.openapi.reading import given_body
from pingpong.pings.kind import ping
from pingpong.pings.pages import render_home
from pingpong.pings.schemas import Accepted, NewMessage
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.idempotency import LONGEST_SCOPE, IdempotencyKey, user_scope
from pingpong.tasks.models import Task
from pingpong.tasks.schemas import RepeatableRequest

blueprint = Blueprint("submit", __name__)

PINGS = Tag("Messages", "Anybody may send one; a worker answers it three seconds later.")


@blueprint.post("/submit/")
@without_token(forms=True)
@limited("submit_rate_limit", by_address=True)
@operation(
    PINGS,
    answers={
        202: Answer("Accepted.", Accepted, headers={"Location": "Where its result will be."}),
        303: Answer("To a form without JavaScript.", headers={"Location": "The message's page."}),
    },
    errors=[429, 503],
    access=Access.OPTIONAL,
    reads_itself={"body": NewMessage, "header": RepeatableRequest},
)
def submit() -> Response | tuple[Accepted, int, dict[str, str]]:
    """Send a message.

    With `Accept: text/html` (a form without JavaScript) the answer is the message's page.
    """
    try:
        params = ping.validate(_given(), names={"text": "message"})
        owner_id = _sender()
        key = IdempotencyKey.parse(
            request.headers.get("Idempotency-Key"), _scope(owner_id), ping.name, params
        )
        task, is_new = Task.submit(ping.name, params, key, owner_id)
    except InvalidInput as error:
        if wants_page():
            return _form_again(error)
        raise
    if is_new:
        dispatch(task)
    if wants_page():
        return make_response(redirect(url_for("pings.show", task_id=task.id), 303))
    return Accepted.of(task), HTTPStatus.ACCEPTED, {"Location": url_for("tasks.result", task_id=task.id)}


def _given() -> dict[str, Any]:
    """The kind's parameters, from what the client calls `message`."""
    given = given_body()
    return {"text": given["message"]} if "message" in given else {}


def _sender() -> UUID | None:
    """Who sends it, if that is somebody: it is then one of their own tasks, too."""
    identity = identify()
    return identity.user.id if identity else None


def _scope(owner_id: UUID | None) -> str:
    if owner_id:
        return user_scope(owner_id)
    # A proxy that is trusted and should not be can say anything here, of any length.
    return f"address:{request.remote_addr}"[:LONGEST_SCOPE]


def _form_again(error: InvalidInput) -> Response:
    response = make_response(render_home(error=error.message, message=request.form.get("message", "")))
    response.status_code = error.status
    return response
