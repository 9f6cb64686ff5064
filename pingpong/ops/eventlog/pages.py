"""The page of the event log, for administrators."""

from http import HTTPStatus
from typing import cast

from flask import Blueprint, Response, render_template, request

from pingpong import clock
from pingpong.accounts.identity import require_admin
from pingpong.errors import InvalidInput
from pingpong.extensions import settings
from pingpong.live.extension import hub
from pingpong.openapi.reading import read
from pingpong.ops.eventlog import showing
from pingpong.ops.eventlog.actors import usernames
from pingpong.ops.eventlog.chart import draw
from pingpong.ops.eventlog.counting import counts
from pingpong.ops.eventlog.exporting import csv_of
from pingpong.ops.eventlog.reading import find_page
from pingpong.ops.eventlog.schemas import EventState, PageQuery, Span
from pingpong.ops.eventlog.standing import standing

blueprint = Blueprint("eventlog_pages", __name__, url_prefix="/events-log", template_folder="templates")

for _filter in (clock.iso, showing.age, showing.compact):
    blueprint.add_app_template_filter(_filter)


@blueprint.before_request
def _for_administrators() -> None:
    require_admin()


@blueprint.get("/")
def events() -> str | tuple[str, int]:
    """A page of events; before the newest ones, how much happens and how shipping stands."""
    try:
        query = _query()
        page = find_page(query)
    except InvalidInput as error:
        return _refused(error)
    filters = showing.filters_of(query)
    return _rendered(
        filters,
        page=page,
        query=query,
        names=usernames(event.actor_id for event in page.items),
        next=page.next and showing.link(filters, after=page.next),
        previous=page.previous and showing.link(filters, before=page.previous),
        standing=standing() if query.is_first_page else None,
        chart=draw(counts(query.hours)) if query.is_first_page else None,
    )


@blueprint.get("/events.csv")
def as_csv() -> Response:
    """All that match, as CSV (RFC 4180), streamed."""
    return csv_of(_query())


def _query() -> PageQuery:
    return cast(PageQuery, read("query", PageQuery))


def _refused(error: InvalidInput) -> tuple[str, int]:
    """The page with what was asked for, to be put right."""
    filters = showing.filters_given(request.args, error.fields)
    told = {"problems": showing.problems_of(error), "wrong": error.fields}
    return _rendered(filters, **told), HTTPStatus.UNPROCESSABLE_ENTITY


def _rendered(filters: dict[str, str], **shown: object) -> str:
    return render_template(
        "eventlog/list.html",
        filters=filters,
        hidden=showing.HIDDEN,
        types=showing.event_types(),
        states=list(EventState),
        spans=list(Span),
        is_configured=bool(settings.clickhouse_url),
        link=showing.link,
        last_event_id=hub.last_event_id,
        **shown,
    )
