"""The pages of submissions: the list with the rate limit, and each entity with its graph and its requests."""

from typing import cast
from uuid import UUID

from flask import Blueprint, Response, flash, render_template, request, url_for

from pingpong import clock
from pingpong.accounts.identity import login_required, require
from pingpong.dsp import control, reading, showing
from pingpong.dsp.drawing import draw
from pingpong.dsp.exporting import csv_of
from pingpong.dsp.models import Entity
from pingpong.dsp.picture import picture_of
from pingpong.dsp.schemas import AuditQuery, EntityQuery
from pingpong.dsp.telling import chosen, in_sentences
from pingpong.errors import Conflict, InvalidInput
from pingpong.extensions import settings
from pingpong.http import see
from pingpong.live.extension import hub
from pingpong.openapi.reading import read

blueprint = Blueprint("dsp_pages", __name__, url_prefix="/dsp", template_folder="templates")

ENTITY = "/<uuid:entity_id>/"
VERBS = {"retry": control.retry, "cancel": control.cancel}

blueprint.add_app_template_filter(clock.iso)


@blueprint.get("/")
@login_required
def entities() -> str:
    """How the submissions stand, and a page of them."""
    query, last_event_id = _query(), hub.last_event_id
    standing = reading.standing(require().user)
    page = reading.page_of(query, require().user)
    return render_template(
        "dsp/list.html",
        query=query,
        standing=standing,
        ages_ms=showing.ages_ms(),
        chips=showing.chips(query, standing),
        items=page.items,
        owners=showing.owners_of(page.items, require().user),
        next=page.next and showing.link(query, after=page.next),
        first=showing.link(query),
        filters=showing.filters_of(query),
        types=settings.dsp_entity_types,
        last_event_id=last_event_id,
    )


@blueprint.get("/entities.csv")
@login_required
def as_csv() -> Response:
    """All that match, as CSV (RFC 4180), streamed."""
    return csv_of(_query(), require().user)


@blueprint.post("/chosen/")
@login_required
def with_chosen() -> Response:
    """Have those that were chosen tried again, or call them off; then say with which it could not be done."""
    back = see(showing.link(_query(), after=request.args.get("after")))
    try:
        action, ids = request.form.get("action", ""), chosen()
    except InvalidInput:
        flash("Choose some entities first.", "problem")
        return back
    if action not in VERBS:
        raise InvalidInput.of(action=f"must be one of {', '.join(VERBS)}")
    done, refused = control.each(VERBS[action], ids, require().user)
    for category, sentence in in_sentences(action, done, refused, require().user):
        flash(sentence, category)
    return back


@blueprint.get(ENTITY)
@login_required
def entity(entity_id: UUID) -> str:
    """An entity: what it says, how it stands, its graph and every request that was made for it."""
    last_event_id = hub.last_event_id
    found = Entity.find(entity_id, require().user)
    picture = picture_of(found)
    shown = reading.show(found)
    return render_template(
        "dsp/entity.html",
        item=shown,
        owner=showing.owners_of([shown], require().user).get(shown.owner_id),
        payload=showing.pretty(shown.payload),
        dependencies=showing.dependencies_in(picture, shown),
        dependents=showing.dependents_in(picture, shown),
        may_be_retried=showing.may_be_retried(shown),
        may_be_cancelled=showing.may_be_cancelled(shown),
        drawing=draw(picture, shown.id),
        is_whole=picture.is_whole,
        audit=reading.audit_of(shown.id, cast(AuditQuery, read("query", AuditQuery))),
        body_of=showing.body_of,
        last_event_id=last_event_id,
    )


@blueprint.post(f"{ENTITY}retry/")
@login_required
def retry(entity_id: UUID) -> Response:
    """Have an entity tried again."""
    return _done(control.retry, entity_id)


@blueprint.post(f"{ENTITY}cancel/")
@login_required
def cancel(entity_id: UUID) -> Response:
    """Call an entity off."""
    return _done(control.cancel, entity_id)


def _done(verb: control.Verb, entity_id: UUID) -> Response:
    try:
        verb(entity_id, require().user)
    except Conflict as error:  # it has moved on since the page was made
        flash(error.message, "problem")
    return see(url_for("dsp_pages.entity", entity_id=entity_id))


def _query() -> EntityQuery:
    return cast(EntityQuery, read("query", EntityQuery))
