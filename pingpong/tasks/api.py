"""The JSON routes of tasks: `/api/tasks/…`."""

from http import HTTPStatus

from flask import Blueprint, request, url_for
from werkzeug.routing import BaseConverter

from pingpong.accounts.identity import identify, require
from pingpong.openapi.access import Access
from pingpong.openapi.operation import Answer, Concrete, Tag, operation
from pingpong.openapi.reading import given_body
from pingpong.tasks import control
from pingpong.tasks.dispatch import dispatch
from pingpong.tasks.history import HistoryQuery, find_page
from pingpong.tasks.idempotency import IdempotencyKey, user_scope
from pingpong.tasks.models import Task
from pingpong.tasks.registry import RESULTS, registry
from pingpong.tasks.schemas import (
    FailedAttempts,
    KindDetail,
    Kinds,
    RepeatableRequest,
    Submitted,
    TaskId,
    TaskPage,
    TaskResult,
)
from pingpong.tasks.visibility import find_own, find_visible

blueprint = Blueprint("tasks", __name__, url_prefix="/api/tasks")

TASKS = Tag("Tasks", "Work that was submitted, and what came of it.")


class KindName(BaseConverter):
    """The name of a kind in an address; `results` has routes of its own, and their methods only."""

    regex = rf"(?!{RESULTS}$)[^/]+"
    part_isolating = True


blueprint.record(lambda setup: setup.app.url_map.converters.update(kind=KindName))


def _each_kind() -> list[Concrete]:
    return [Concrete(kind.name, kind.description, kind.params) for kind in registry.kinds]


def _each_detail() -> list[Concrete]:
    return [Concrete(kind.name, f"Describe the kind {kind.name}") for kind in registry.kinds]


@blueprint.get("/")
@operation(TASKS, answers={200: Kinds})
def kinds() -> Kinds:
    """List the kinds of tasks, each with what it does.

    Any other name is 404 at the addresses below.
    """
    return Kinds({kind.name: kind.description for kind in registry.kinds})


@blueprint.get("/<kind:kind>/")
@operation(TASKS, answers={200: KindDetail}, each=_each_detail)
def kind_detail(kind: str) -> KindDetail:
    """Describe a kind.

    The JSON Schema of its parameters, its queue and its limits.
    """
    return KindDetail.of(registry.find(kind))


@blueprint.post("/<kind:kind>/")
@operation(
    TASKS,
    answers={202: Answer("Accepted.", Submitted, headers={"Location": "Where its result will be."})},
    access=Access.ACCOUNT,
    each=_each_kind,
)
def submit(kind: str, header: RepeatableRequest) -> tuple[Submitted, int, dict[str, str]]:
    """Submit a task."""
    owner = require().user
    found = registry.find(kind)
    params = found.validate(given_body(), is_form=not request.is_json)
    key = IdempotencyKey.parse(header.idempotency_key, user_scope(owner.id), kind, params)
    task, is_new = Task.submit(kind, params, key, owner.id)
    if is_new:
        dispatch(task)
    location = url_for("tasks.result", task_id=task.id)
    return Submitted(task_id=task.id, task_type=kind), HTTPStatus.ACCEPTED, {"Location": location}


@blueprint.get("/results/")
@operation(TASKS, answers={200: TaskPage}, access=Access.ACCOUNT)
def results(query: HistoryQuery) -> TaskPage:
    """List one's own tasks, newest first; they are searched, filtered and sorted as the history is."""
    page = find_page(query.owned_by(require().user.id))
    return TaskPage(items=[TaskResult.of(task) for task in page.items], next=page.next)


@blueprint.get("/results/<task_id>/")
@operation(TASKS, answers={200: TaskResult}, errors=[404], access=Access.OPTIONAL)
def result(task_id: TaskId) -> TaskResult:
    """Read a task: one's own, or a public one."""
    identity = identify()
    return TaskResult.of(find_visible(task_id, identity.user if identity else None))


@blueprint.get("/results/<task_id>/failures/")
@operation(TASKS, answers={200: FailedAttempts}, errors=[403, 404], access=Access.ACCOUNT)
def failures(task_id: TaskId) -> FailedAttempts:
    """List the attempts at one's own task that failed; administrators see where in the code."""
    reader = require().user
    return FailedAttempts.of(find_own(task_id, reader), reader)


@blueprint.post("/results/<task_id>/cancel/")
@operation(TASKS, answers={200: TaskResult}, errors=[404, 409], access=Access.ACCOUNT)
def cancel(task_id: TaskId) -> TaskResult:
    """Call a task off.

    One that waits is called off at once, one that runs is stopped within a second.
    """
    task = find_own(task_id, require().user)
    control.cancel(task)
    return TaskResult.of(task)


@blueprint.post("/results/<task_id>/retry/")
@operation(TASKS, answers={202: TaskResult}, errors=[404, 409], access=Access.ACCOUNT)
def retry(task_id: TaskId) -> TaskResult:
    """Have a task tried anew that failed or was cancelled."""
    task = find_own(task_id, require().user)
    control.retry(task)
    return TaskResult.of(task)
