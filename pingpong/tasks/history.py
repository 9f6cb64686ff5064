"""The history: public tasks, or one's own, searched, filtered, sorted and paged.

Pages are found by key, not by offset, so the millionth costs what the first does (Markus Winand,
<https://use-the-index-luke.com/no-offset>).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self, cast
from uuid import UUID

from pydantic import Field, PrivateAttr, StringConstraints, ValidationError, field_validator, model_validator
from pydantic.config import JsonDict
from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from pingpong.cursor import Cursor
from pingpong.database import contains_folded
from pingpong.errors import InvalidInput
from pingpong.extensions import db, release, settings
from pingpong.openapi.models import Query
from pingpong.tasks.models import Task
from pingpong.tasks.registry import registry
from pingpong.tasks.states import TaskStatus
from pingpong.text import STORABLE, PlainText

DEFAULT_LIMIT = 25
MOST = 100
EXPORT_BATCH = 1_000
SHORTEST_INDEXED_SEARCH = 3
"""A trigram index cannot serve a search for less."""


class Sort(StrEnum):
    """The orders of the history; `-` is descending."""

    OLDEST = "submitted_at"
    NEWEST = "-submitted_at"
    FASTEST = "duration_ms"
    SLOWEST = "-duration_ms"

    @property
    def is_by_duration(self) -> bool:
        """Sorted by duration; a task that is not finished counts as the longest."""
        return self in {Sort.FASTEST, Sort.SLOWEST}

    @property
    def is_descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.startswith("-")


SearchText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), STORABLE]


def _or_empty(schema: JsonDict) -> None:
    """As a form sends what was not filled in."""
    kinds = schema.pop("anyOf", None) or [{"$ref": schema.pop("$ref")}]
    schema["anyOf"] = [*cast(list[Any], kinds), {"const": ""}]


class HistoryQuery(Query):
    """What a client asks of the history. Empty filters, as a form sends them, are none."""

    q: SearchText = Field("", description="A part of the message or the answer, in any case.")
    status: TaskStatus | None = Field(None, json_schema_extra=_or_empty)
    kind: PlainText = ""
    sort: Sort = Field(Sort.NEWEST, json_schema_extra=_or_empty)
    after: str = Field("", description="The cursor of the page before.")
    before: str = Field("", description="The cursor of the page behind.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST)

    _owner_id: UUID | None = PrivateAttr(None)

    @field_validator("status", mode="before")
    @classmethod
    def _any_status(cls, text: str) -> str | None:
        return text or None

    @field_validator("sort", mode="before")
    @classmethod
    def _default_order(cls, text: str) -> str:
        return text or Sort.NEWEST

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if self.after and self.before:
            raise ValueError("after and before do not go together")
        return self

    def owned_by(self, user_id: UUID) -> Self:
        """The same of one person's tasks, instead of the public ones."""
        own = self.model_copy()
        own._owner_id = user_id
        return own

    @property
    def scope(self) -> ColumnElement[bool]:
        """Which tasks are looked at at all."""
        return Task.owner_id == self._owner_id if self._owner_id else Task.kind.in_(registry.public_names)

    @classmethod
    def parse(cls, arguments: dict[str, str]) -> "HistoryQuery":
        """Read a query string. Raises InvalidInput."""
        try:
            return cls.model_validate(arguments)
        except ValidationError as error:
            raise InvalidInput.from_pydantic(error) from None


@dataclass(frozen=True)
class Page:
    """Some tasks of the history, and the cursors of the pages around (None at the ends).

    A search for one or two characters looks at a window of rows; `searched_all` is False when the window
    ended before the page was full, and `next` goes on behind it.
    """

    tasks: Sequence[Task]
    next: str | None
    previous: str | None
    searched_all: bool = True


def find_page(query: HistoryQuery) -> Page:
    """One page. Raises InvalidInput for a cursor that is not of this list."""
    page = _page_before(query) if query.before else _page_after(query)
    release()
    return page


def export(query: HistoryQuery) -> Iterator[Task]:
    """All tasks that match, in batches: no connection is held while a slow client reads."""
    query = query.model_copy(update={"limit": EXPORT_BATCH, "before": ""})
    while True:
        page = find_page(query)
        yield from page.tasks
        if page.next is None:
            return
        query = query.model_copy(update={"after": page.next})


def _page_after(query: HistoryQuery) -> Page:
    start = Cursor.parse(query.after, sort=query.sort, field="after") if query.after else None
    tasks, window_end = _search(query, start, descending=query.sort.is_descending)
    page = tasks[: query.limit]
    following = cursor_of(query, page[-1]) if len(tasks) > query.limit else window_end
    previous = cursor_of(query, page[0]) if start and page else None
    return Page(page, following, previous, searched_all=window_end is None)


def _page_before(query: HistoryQuery) -> Page:
    """The page that ends just before a row: read backwards, then turned round."""
    end = Cursor.parse(query.before, sort=query.sort, field="before")
    tasks, window_end = _search(query, end, descending=not query.sort.is_descending)
    page = tasks[: query.limit][::-1]
    previous = cursor_of(query, page[0]) if len(tasks) > query.limit else window_end
    return Page(page, cursor_of(query, page[-1]) if page else None, previous, searched_all=window_end is None)


def _search(
    query: HistoryQuery, start: Cursor | None, *, descending: bool
) -> tuple[Sequence[Task], str | None]:
    """One row more than the page holds, and where a short search's window ended if it ended too early."""
    rows = _rows(query, start, descending=descending)
    if not query.q:
        return db.session.scalars(rows.limit(query.limit + 1)).all(), None
    if len(query.q) >= SHORTEST_INDEXED_SEARCH:
        return db.session.scalars(
            rows.where(contains_folded(Task.search_text, query.q)).limit(query.limit + 1)
        ).all(), None
    window = rows.limit(settings.short_search_window)
    seen = aliased(Task, window.subquery())
    found = db.session.scalars(
        _ordered(select(seen), query, seen, descending=descending)
        .where(contains_folded(seen.search_text, query.q))
        .limit(query.limit + 1)
    ).all()
    if len(found) > query.limit:
        return found, None
    last = db.session.scalars(rows.offset(settings.short_search_window - 1).limit(1)).first()
    return found, None if last is None else cursor_of(query, last)


def _rows(query: HistoryQuery, start: Cursor | None, *, descending: bool) -> Select[Task]:
    """All that the filters let through, in order, from behind the cursor."""
    rows = select(Task).where(query.scope)
    if query.status:
        rows = rows.where(Task.status == query.status)
    if query.kind:
        rows = rows.where(Task.kind == query.kind)
    if start:
        place = tuple_(_sort_key(query.sort, Task), Task.id)
        row = tuple_(start.value if query.sort.is_by_duration else start.moment, start.id)
        rows = rows.where(place < row if descending else place > row)
    return _ordered(rows, query, Task, descending=descending)


def _ordered(rows: Select[Task], query: HistoryQuery, of: type[Task], *, descending: bool) -> Select[Task]:
    keys = (_sort_key(query.sort, of), of.id)
    return rows.order_by(*(key.desc() if descending else key.asc() for key in keys))


def _sort_key(sort: Sort, of: type[Task]) -> "InstrumentedAttribute[Any]":
    return of.sort_duration if sort.is_by_duration else of.submitted_at


def cursor_of(query: HistoryQuery, task: Task) -> str:
    """The cursor of a task's place in the order that is asked for."""
    if query.sort.is_by_duration:
        return str(Cursor(query.sort, task.sort_duration, task.id))
    return str(Cursor.at(task.submitted_at, query.sort, task.id))
