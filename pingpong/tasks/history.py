"""The history: public tasks, or one's own, searched, filtered, sorted and paged."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Self, cast
from uuid import UUID

from pydantic import Field, PrivateAttr, StringConstraints, ValidationError, field_validator
from pydantic.config import JsonDict
from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from pingpong.cursor import Cursor
from pingpong.database import contains_folded
from pingpong.errors import InvalidInput
from pingpong.extensions import db, release, settings
from pingpong.paging import Page, PagedQuery, read_all, read_page
from pingpong.tasks.models import Task
from pingpong.tasks.registry import registry
from pingpong.tasks.states import TaskStatus
from pingpong.text import STORABLE, PlainText

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


class HistoryQuery(PagedQuery):
    """What a client asks of the history. Empty filters, as a form sends them, are none."""

    q: SearchText = Field("", description="A part of the message or the answer, in any case.")
    status: TaskStatus | None = Field(None, json_schema_extra=_or_empty)
    kind: PlainText = ""
    sort: Sort = Field(Sort.NEWEST, json_schema_extra=_or_empty)

    _owner_id: UUID | None = PrivateAttr(None)

    @field_validator("status", mode="before")
    @classmethod
    def _any_status(cls, text: str) -> str | None:
        return text or None

    @field_validator("sort", mode="before")
    @classmethod
    def _default_order(cls, text: str) -> str:
        return text or Sort.NEWEST

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


def find_page(query: HistoryQuery) -> Page[Task]:
    """One page. Raises InvalidInput for a cursor that is not of this list."""
    page = read_page(query, query.sort, partial(_search, query), partial(place_of, query))
    release()
    return page


def export(query: HistoryQuery) -> Iterator[Task]:
    """All tasks that match."""
    return read_all(query, find_page)


def _search(
    query: HistoryQuery, start: Cursor | None, is_backwards: bool
) -> tuple[Sequence[Task], Cursor | None]:
    """A search for one or two characters looks at a window of rows only."""
    is_descending = query.sort.is_descending != is_backwards
    rows = _rows(query, start, is_descending=is_descending)
    if not query.q:
        return db.session.scalars(rows.limit(query.limit + 1)).all(), None
    if len(query.q) >= SHORTEST_INDEXED_SEARCH:
        return db.session.scalars(
            rows.where(contains_folded(Task.search_text, query.q)).limit(query.limit + 1)
        ).all(), None
    window = rows.limit(settings.short_search_window)
    seen = aliased(Task, window.subquery())
    found = db.session.scalars(
        _ordered(select(seen), query, seen, is_descending=is_descending)
        .where(contains_folded(seen.search_text, query.q))
        .limit(query.limit + 1)
    ).all()
    if len(found) > query.limit:
        return found, None
    last = db.session.scalars(rows.offset(settings.short_search_window - 1).limit(1)).first()
    return found, None if last is None else place_of(query, last)


def _rows(query: HistoryQuery, start: Cursor | None, *, is_descending: bool) -> Select[Task]:
    """All that the filters let through, in order, from behind the cursor."""
    rows = select(Task).where(query.scope)
    if query.status:
        rows = rows.where(Task.status == query.status)
    if query.kind:
        rows = rows.where(Task.kind == query.kind)
    if start:
        place = tuple_(_sort_key(query.sort, Task), Task.id)
        row = tuple_(start.value if query.sort.is_by_duration else start.moment, start.id)
        rows = rows.where(place < row if is_descending else place > row)
    return _ordered(rows, query, Task, is_descending=is_descending)


def _ordered(rows: Select[Task], query: HistoryQuery, of: type[Task], *, is_descending: bool) -> Select[Task]:
    keys = (_sort_key(query.sort, of), of.id)
    return rows.order_by(*(key.desc() if is_descending else key.asc() for key in keys))


def _sort_key(sort: Sort, of: type[Task]) -> "InstrumentedAttribute[Any]":
    return of.sort_duration if sort.is_by_duration else of.submitted_at


def place_of(query: HistoryQuery, task: Task) -> Cursor:
    """The task's place in the order that is asked for."""
    if query.sort.is_by_duration:
        return Cursor(query.sort, task.sort_duration, task.id)
    return Cursor.at(task.submitted_at, query.sort, task.id)
