"""The event log as JSON."""

from flask import Blueprint, request

from pingpong.accounts.identity import require_admin
from pingpong.openapi.access import Access
from pingpong.openapi.operation import operation
from pingpong.ops.eventlog.reading import find_page
from pingpong.ops.eventlog.schemas import EventPage, EventQuery
from pingpong.ops.health import OPERATING

blueprint = Blueprint("eventlog", __name__)


@blueprint.before_request
def _for_administrators() -> None:
    if request.method != "OPTIONS":  # what a browser asks first, for a page of another origin, is of nobody
        require_admin()


@blueprint.get("/api/events-log/")
@operation(OPERATING, answers={200: EventPage}, errors=[403], access=Access.ACCOUNT)
def events(query: EventQuery) -> EventPage:
    """List events, newest first; for administrators.

    A page may have fewer events than asked for, or none, and yet a `next`: then there is more to search.
    """
    page = find_page(query)
    return EventPage(items=list(page.items), next=page.next)
