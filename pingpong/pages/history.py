"""The history page."""

from flask import Blueprint, render_template, request

from pingpong.live.extension import hub
from pingpong.tasks.history import HistoryQuery, find_page
from pingpong.tasks.registry import registry
from pingpong.tasks.schemas import TaskResult
from pingpong.tasks.states import TaskStatus

blueprint = Blueprint("pages", __name__, template_folder="templates")


@blueprint.get("/history/")
def history() -> str:
    """The table: searched, filtered, sorted and paged by the query string."""
    query = HistoryQuery.parse(request.args.to_dict())
    last_event_id = hub.last_event_id
    page = find_page(query)
    return render_template(
        "pages/history.html",
        items=[TaskResult.of(task).model_dump(mode="json") for task in page.items],
        next=page.next,
        previous=page.previous,
        filters={"q": query.q, "status": query.status or "", "kind": query.kind, "sort": query.sort.value},
        is_first_page=query.is_first_page,
        searched_all=page.searched_all,
        kinds=registry.public_names,
        statuses=[status.value for status in TaskStatus],
        last_event_id=last_event_id,
    )
