"""The page on which entities are created: one by a form, or a graph at once from a file or what is pasted."""

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for

from pingpong.accounts.identity import login_required, require
from pingpong.accounts.limits import limited
from pingpong.dsp.creating import create
from pingpong.dsp.forms import (
    LONGEST_KEPT,
    entity_of,
    graph_of,
    graph_text,
    problems_of,
    problems_of_graph,
)
from pingpong.errors import InvalidInput, mark
from pingpong.extensions import settings
from pingpong.http import see, takes_up_to
from pingpong.openapi.reading import given_body

blueprint = Blueprint("dsp_new", __name__, url_prefix="/dsp", template_folder="templates")

FIELDS = ("entity_type", "ref", "payload", "depends_on")


@blueprint.get("/new/")
@login_required
def form() -> str:
    """Both forms, empty."""
    return _page()


@blueprint.post("/new/")
@takes_up_to("dsp_max_upload_bytes")
@limited("user_rate_limit")
@login_required
def one() -> Response:
    """Create an entity, and show it."""
    given = given_body()
    try:
        (id_,) = create(require().user, entity_of(given).all, as_graph=False)
    except InvalidInput as error:
        problems = {field: problems_of(error, field) for field in FIELDS}
        return mark(make_response(_page(given=given, problems=problems)), error)
    return see(url_for("dsp_pages.entity", entity_id=id_))


@blueprint.post("/graph/")
@takes_up_to("dsp_max_upload_bytes")
@limited("user_rate_limit")
@login_required
def graph() -> Response:
    """Create a graph as a whole or not at all, and show the list."""
    text = ""
    try:
        text = graph_text()
        ids = create(require().user, graph_of(text).all, as_graph=True)
    except InvalidInput as error:
        kept = text if len(text) <= LONGEST_KEPT else ""
        return mark(make_response(_page(graph=kept, graph_problems=problems_of_graph(error, text))), error)
    flash(f"{len(ids):,} {'entity was' if len(ids) == 1 else 'entities were'} created.", "done")
    return see(url_for("dsp_pages.entities"))


def _page(**shown: object) -> str:
    empty = {"given": {"payload": "{}"}, "problems": {}, "graph": "", "graph_problems": []}
    return render_template(
        "dsp/new.html",
        types=settings.dsp_entity_types,
        most=settings.dsp_max_entities,
        from_file=bool(request.files.get("file")),
        **{**empty, **shown},
    )
