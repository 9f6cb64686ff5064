"""Finding events: a page of them, newest first, found by key.

Of the filters one is served by an index. What the others leave of it is looked for in a window of rows: a
page costs no more than that, however many events there are, and a cursor goes on behind it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import aliased

from pingpong.cursor import Cursor
from pingpong.eventlog.models import EventBatch, OutboxEvent
from pingpong.extensions import db, release, settings
from pingpong.ops.eventlog.filtering import Filters
from pingpong.ops.eventlog.schemas import EventQuery, EventShown

NEWEST = "events"
"""The order of the list, in its cursors."""
EXPORT_BATCH = 1_000


@dataclass(frozen=True)
class Page:
    """Some events, and the cursors of the pages around (None at the ends).

    `searched_all` is False when the window ended before the page was full; `next` goes on behind it.
    """

    events: Sequence[EventShown]
    next: str | None
    previous: str | None
    searched_all: bool = True


def find_page(query: EventQuery) -> Page:
    """One page. Raises InvalidInput for a cursor that is not of this list, or an actor who is nobody."""
    filters = Filters.of(query)
    release()
    # What is looked for and where the window ends is asked one after the other, of the same rows.
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    page = _page_before(query, filters) if query.before else _page_after(query, filters)
    release()
    return page


def export(query: EventQuery) -> Iterator[EventShown]:
    """All events that match, newest first; no connection is held while a slow client reads."""
    query = query.model_copy(update={"limit": EXPORT_BATCH, "before": ""})
    while True:
        page = find_page(query)
        yield from page.events
        if page.next is None:
            return
        query = query.model_copy(update={"after": page.next})


def _page_after(query: EventQuery, filters: Filters) -> Page:
    start = Cursor.parse(query.after, sort=NEWEST, field="after") if query.after else None
    found, window_end = _search(filters, start, query.limit, is_descending=True)
    page = found[: query.limit]
    following = _cursor_of(page[-1]) if len(found) > query.limit else window_end
    previous = _cursor_of(page[0]) if start and page else None
    return Page(page, following, previous, searched_all=window_end is None)


def _page_before(query: EventQuery, filters: Filters) -> Page:
    """The page that ends just before an event: read backwards, then turned round."""
    end = Cursor.parse(query.before, sort=NEWEST, field="before")
    found, window_end = _search(filters, end, query.limit, is_descending=False)
    page = found[: query.limit][::-1]
    previous = _cursor_of(page[0]) if len(found) > query.limit else window_end
    return Page(page, _cursor_of(page[-1]) if page else None, previous, searched_all=window_end is None)


def _search(
    filters: Filters, start: Cursor | None, limit: int, *, is_descending: bool
) -> tuple[list[EventShown], str | None]:
    """One event more than the page holds, and where the window ended if it ended too early."""
    size = settings.short_search_window
    rows = _rows(filters, start, is_descending=is_descending)
    seen = aliased(OutboxEvent, rows.limit(size).subquery())
    matching = (
        select(seen, EventBatch)
        .outerjoin(EventBatch, EventBatch.id == seen.batch_id)
        .where(*filters.of_window(seen))
        .execution_options(populate_existing=True)
    )
    in_order = matching.order_by(*_keys(seen, is_descending=is_descending))
    shown = [EventShown.of(*row) for row in db.session.execute(in_order.limit(limit + 1))]
    if len(shown) > limit:
        return shown, None
    places = rows.with_only_columns(OutboxEvent.occurred_at, OutboxEvent.id)
    last = db.session.execute(places.offset(size - 1).limit(1)).first()
    return shown, str(Cursor.at(last.occurred_at, NEWEST, last.id)) if last else None


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


def _cursor_of(event: EventShown) -> str:
    return str(Cursor.at(event.occurred_at, NEWEST, event.id))
