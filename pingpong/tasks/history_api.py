"""The history as JSON and CSV."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from flask import Blueprint, Response, request, stream_with_context, url_for

from pingpong import clock
from pingpong.csv_lines import csv_chunks, defused
from pingpong.openapi.operation import Answer, operation
from pingpong.paging import Page
from pingpong.tasks.api import TASKS
from pingpong.tasks.history import HistoryQuery, export, find_page
from pingpong.tasks.models import Task
from pingpong.tasks.schemas import EXAMPLE_ID, TaskPage, TaskResult

blueprint = Blueprint("history", __name__)

CSV_COLUMNS = (
    "id",
    "kind",
    "status",
    "message",
    "reply",
    "submitted_at",
    "started_at",
    "finished_at",
    "duration_ms",
)
CSV_EXAMPLE = (
    f"{','.join(CSV_COLUMNS)}\r\n{EXAMPLE_ID},ping,done,hello,pong hello,"
    "2026-11-20T22:55:49.670146Z,2026-11-20T22:55:49.676021Z,2026-11-20T22:55:52.677313Z,3007\r\n"
)


@blueprint.get("/api/history/")
@operation(
    TASKS,
    answers={200: Answer("A page of tasks.", TaskPage, headers={"Link": "Both neighbours (RFC 8288)."})},
)
def as_json(query: HistoryQuery) -> tuple[TaskPage, dict[str, Any]]:
    """Public tasks, newest first

    `next` is the cursor of the page behind, to be sent as `after`; null at the end.
    """
    page = find_page(query)
    items = [TaskResult.of(task) for task in page.items]
    return TaskPage(items=items, next=page.next), {"Link": list(_links(page))}


@blueprint.get("/history.csv")
@operation(
    TASKS,
    answers={200: Answer("A line for each.", media_type="text/csv", example=CSV_EXAMPLE)},
    errors=[503],
)
def as_csv(query: HistoryQuery) -> Response:
    """All tasks that match, as CSV (RFC 4180), streamed."""
    chunks = csv_chunks(CSV_COLUMNS, map(_csv_row, export(query)))
    first = next(chunks)  # what goes wrong here can still be answered with an error
    headers = {"Content-Disposition": 'attachment; filename="history.csv"', "X-Accel-Buffering": "no"}
    lines = stream_with_context(chain([first], chunks))
    return Response(lines, mimetype="text/csv", headers=headers)


def _links(page: Page[Task]) -> Iterator[str]:
    for direction, relation, cursor in _neighbours(page):
        arguments: dict[str, Any] = {**request.args, "after": None, "before": None, direction: cursor}
        yield f'<{url_for("history.as_json", **arguments)}>; rel="{relation}"'


def _neighbours(page: Page[Task]) -> Iterator[tuple[str, str, str]]:
    if page.next:
        yield "after", "next", page.next
    if page.previous:
        yield "before", "prev", page.previous


def _csv_row(task: Task) -> list[object]:
    shown = TaskResult.of(task)
    times = [
        moment and clock.iso(moment) for moment in (task.submitted_at, task.started_at, task.finished_at)
    ]
    texts = [defused(text) for text in (shown.message, shown.reply)]
    return [task.id, task.kind, task.status.value, *texts, *times, task.duration_ms]
