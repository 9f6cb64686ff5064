"""Lists that are read a page at a time, by key: forwards and backwards.

Pages are found by key, not by offset, so the millionth costs what the first does (Markus Winand,
<https://use-the-index-luke.com/no-offset>).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from pydantic import Field, model_validator

from pingpong.cursor import Cursor
from pingpong.openapi.models import Query

DEFAULT_LIMIT, MOST = 25, 100
EXPORT_BATCH = 1_000

Row = TypeVar("Row")
Asked = TypeVar("Asked", bound="PagedQuery")


class PagedQuery(Query):
    """Which page of a list."""

    after: str = Field("", description="The cursor of the page before.")
    before: str = Field("", description="The cursor of the page behind.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST)

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if self.after and self.before:
            raise ValueError("after and before do not go together")
        return self

    @property
    def is_first_page(self) -> bool:
        """Whether it is asked for from the beginning of the list."""
        return not (self.after or self.before)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursors of the pages around (None at the ends).

    `searched_all` is False when a search has looked at as many rows as it may before the page was full; the
    cursor goes on behind them.
    """

    items: Sequence[Row]
    next: str | None
    previous: str | None
    searched_all: bool = True


Search = Callable[[Cursor | None, bool], tuple[Sequence[Row], Cursor | None]]
"""From where, and whether backwards. Returns one row more than the page holds, if there are so many, and
where the search ended if it did so too early."""


def read_page(
    query: PagedQuery, sort: str, search: "Search[Row]", place_of: Callable[[Row], Cursor]
) -> Page[Row]:
    """The page that is asked for. Raises InvalidInput for a cursor that is not of this list in this order."""
    is_backwards = bool(query.before)
    field = "before" if is_backwards else "after"
    text = query.before or query.after
    start = Cursor.parse(text, sort=sort, field=field) if text else None
    found, search_end = search(start, is_backwards)
    rows = found[: query.limit]
    onward = place_of(rows[-1]) if len(found) > query.limit else search_end
    back = place_of(rows[0]) if start and rows else None
    if is_backwards:
        rows, onward, back = rows[::-1], back, onward
    return Page(rows, _text(onward), _text(back), searched_all=search_end is None)


def read_all(query: Asked, read: Callable[[Asked], Page[Row]]) -> Iterator[Row]:
    """All rows of all pages; no connection is held while a slow client reads."""
    query = query.model_copy(update={"limit": EXPORT_BATCH, "before": ""})
    while True:
        page = read(query)
        yield from page.items
        if page.next is None:
            return
        query = query.model_copy(update={"after": page.next})


def _text(place: Cursor | None) -> str | None:
    return str(place) if place else None
