"""Finding events: a page of them, newest first, found by key.

Of the filters one is served by an index. What the others leave of it is looked for in a window of rows: a
page costs no more than that, however many events there are, and a cursor goes on behind it.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import aliased

from pingpong.cursor import Cursor
from pingpong.eventlog.models import EventBatch, OutboxEvent
from pingpong.extensions import db, release, settings
from pingpong.ops.eventlog.filtering import Filters
from pingpong.ops.eventlog.schemas import EventQuery, EventShown
from pingpong.paging import Page, read_all, read_page

NEWEST = "events"
"""The order of the list, in its cursors."""


def find_page(query: EventQuery) -> Page[EventShown]:
    """One page. Raises InvalidInput for a cursor that is not of this list, or an actor who is nobody."""
    filters = Filters.of(query)
    release()
    # What is looked for and where the window ends is asked one after the other, of the same rows.
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    page = read_page(query, NEWEST, partial(_search, filters, query.limit), _place_of)
    release()
    return page


def export(query: EventQuery) -> Iterator[EventShown]:
    """All events that match, newest first."""
    return read_all(query, find_page)


def _search(
    filters: Filters, limit: int, start: Cursor | None, is_backwards: bool
) -> tuple[list[EventShown], Cursor | None]:
    size = settings.short_search_window
    rows = _rows(filters, start, is_descending=not is_backwards)
    seen = aliased(OutboxEvent, rows.limit(size).subquery())
    matching = (
        select(seen, EventBatch)
        .outerjoin(EventBatch, EventBatch.id == seen.batch_id)
        .where(*filters.of_window(seen))
        .execution_options(populate_existing=True)
    )
    in_order = matching.order_by(*_keys(seen, is_descending=not is_backwards))
    shown = [EventShown.of(*row) for row in db.session.execute(in_order.limit(limit + 1))]
    if len(shown) > limit:
        return shown, None
    places = rows.with_only_columns(OutboxEvent.occurred_at, OutboxEvent.id)
    last = db.session.execute(places.offset(size - 1).limit(1)).first()
    return shown, last and Cursor.at(last.occurred_at, NEWEST, last.id)


def _rows(filters: Filters, start: Cursor | None, *, is_descending: bool) -> Select[OutboxEvent]:
    """What the index serves, in order, from behind the cursor."""
    rows = select(OutboxEvent).where(*filters.of_index())
    if start:
        place = tuple_(OutboxEvent.occurred_at, OutboxEvent.id)
        row = tuple_(start.moment, start.id)
        rows = rows.where(place < row if is_descending else place > row)
    return rows.order_by(*_keys(OutboxEvent, is_descending=is_descending))


def _keys(of: type[OutboxEvent], *, is_descending: bool) -> list[ColumnElement[Any]]:
    return [key.desc() if is_descending else key.asc() for key in (of.occurred_at, of.id)]


def _place_of(event: EventShown) -> Cursor:
    return Cursor.at(event.occurred_at, NEWEST, event.id)
