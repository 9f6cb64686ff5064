"""The pages of tasks: submit one of any kind, one's own tasks, and each of them."""

import json
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pingpong.accounts.identity import login_required, require
from pingpong.errors import Conflict, InvalidInput
from pingpong.http import see
from pingpong.live.extension import hub
from pingpong.openapi.reading import given_body
from pingpong.tasks import control
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.forms import Form
from pingpong.tasks.history import HistoryQuery, find_page
from pingpong.tasks.models import Task
from pingpong.tasks.registry import registry
from pingpong.tasks.schemas import FailedAttempts, TaskResult
from pingpong.tasks.states import TaskStatus
from pingpong.tasks.visibility import find_own

blueprint = Blueprint("task_pages", __name__, template_folder="templates")

LONGEST_SHOWN = 20_000
"""Characters of a result; the whole is a link away."""


@blueprint.get("/tasks/")
@login_required
def own() -> str:
    """A form for each kind, and one's own tasks."""
    return _own()


@blueprint.post("/tasks/<kind>/")
@login_required
def submit(kind: str) -> ResponseReturnValue:
    """Submit what a kind's form says."""
    found = registry.find(kind)
    given = given_body()
    try:
        params = found.validate({k: v for k, v in given.items() if v}, is_form=True)
    except InvalidInput as error:
        return _own(Form.of(found, given, error)), error.status
    task, _ = Task.submit(kind, params, owner_id=require().user.id)
    dispatch(task)
    return _see(task)


@blueprint.get("/tasks/<task_id>/")
@login_required
def show(task_id: str) -> str:
    """One of one's own tasks."""
    last_event_id = hub.last_event_id
    reader = require().user
    task = find_own(task_id, reader)
    result = "" if task.result is None else _pretty(task.result)
    return render_template(
        "tasks/show.html",
        item=TaskResult.of(task).model_dump(mode="json"),
        result=result[:LONGEST_SHOWN],
        is_cut=len(result) > LONGEST_SHOWN,
        failures=FailedAttempts.of(task, reader).model_dump(mode="json")["items"],
        last_event_id=last_event_id,
    )


@blueprint.post("/tasks/<task_id>/cancel/")
@login_required
def cancel(task_id: str) -> Response:
    """Call a task off."""
    task = find_own(task_id, require().user)
    with suppress(Conflict):  # it ended just now: its page says how
        control.cancel(task)
    return _see(task)


@blueprint.post("/tasks/<task_id>/retry/")
@login_required
def retry(task_id: str) -> Response:
    """Have a task tried anew."""
    task = find_own(task_id, require().user)
    control.retry(task)
    return _see(task)


def _own(refused: Form | None = None) -> str:
    query = HistoryQuery.parse(request.args.to_dict())
    last_event_id = hub.last_event_id
    page = find_page(query.owned_by(require().user.id))
    forms = [refused if refused and refused.name == kind.name else Form.of(kind) for kind in registry.kinds]
    return render_template(
        "tasks/own.html",
        forms=forms,
        items=[TaskResult.of(task).model_dump(mode="json") for task in page.items],
        next=page.next,
        previous=page.previous,
        filters={"q": query.q, "status": query.status or "", "kind": query.kind, "sort": query.sort.value},
        is_first_page=query.is_first_page,
        searched_all=page.searched_all,
        kinds=[kind.name for kind in registry.kinds],
        private_kinds=[kind.name for kind in registry.kinds if not kind.public],
        statuses=[status.value for status in TaskStatus],
        last_event_id=last_event_id,
        list_page="task_pages.own",
        task_page="tasks",
    )


def _pretty(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _see(task: Task) -> Response:
    return see(url_for("task_pages.show", task_id=task.id))
