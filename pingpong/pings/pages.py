"""The pages of pings: home, and one message's own."""

from flask import Blueprint, render_template

from pingpong.extensions import settings
from pingpong.live.extension import hub
from pingpong.pings.kind import LONGEST_MESSAGE
from pingpong.tasks.history import HistoryQuery, find_page
from pingpong.tasks.registry import registry
from pingpong.tasks.schemas import TaskResult
from pingpong.tasks.visibility import find_visible

blueprint = Blueprint("pings", __name__, template_folder="templates")


@blueprint.get("/")
def home() -> str:
    """The form, and the newest messages with their answers."""
    return render_home()


@blueprint.get("/pings/<task_id>/")
def show(task_id: str) -> str:
    """One message and its answer."""
    # Taken before the row is read: what happens in between is replayed, not missed.
    last_event_id = hub.last_event_id
    item = TaskResult.of(find_visible(task_id, None)).model_dump(mode="json")
    return render_template(
        "pings/show.html", item=item, last_event_id=last_event_id, delay_s=settings.ping_delay_s
    )


def render_home(error: str | None = None, message: str = "") -> str:
    """The home page; after a refused form with the error and what had been typed."""
    last_event_id = hub.last_event_id
    page = find_page(HistoryQuery())
    return render_template(
        "pings/home.html",
        items=[TaskResult.of(task).model_dump(mode="json") for task in page.items],
        last_event_id=last_event_id,
        kinds=registry.public_names,
        error=error,
        message=message,
        delay_s=settings.ping_delay_s,
        max_length=LONGEST_MESSAGE,
    )
