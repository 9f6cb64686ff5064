"""Lists are read a page at a time, in both directions."""

from uuid import UUID

import pytest
from pydantic import ValidationError

from pingpong.cursor import Cursor
from pingpong.errors import InvalidInput
from pingpong.paging import Page, PagedQuery, read_all, read_page

ORDER = "numbers"
NUMBERS = range(1, 8)


def place_of(number: int) -> Cursor:
    return Cursor(ORDER, number, UUID(int=number))


def search(start: Cursor | None, is_backwards: bool) -> tuple[list[int], Cursor | None]:
    """All numbers from there on."""
    if is_backwards:
        return [number for number in reversed(NUMBERS) if number < start.value], None
    return [number for number in NUMBERS if start is None or number > start.value], None


def read(query: PagedQuery) -> Page[int]:
    return read_page(query, ORDER, search, place_of)


def test_pages_follow_one_another_to_the_end():
    first = read(PagedQuery(limit=3))
    second = read(PagedQuery(limit=3, after=first.next))
    third = read(PagedQuery(limit=3, after=second.next))

    assert [first.items, second.items, third.items] == [[1, 2, 3], [4, 5, 6], [7]]
    assert [first.previous, third.next] == [None, None]


def test_the_way_back_has_the_same_pages():
    third = read(PagedQuery(limit=3, after=str(place_of(6))))
    second = read(PagedQuery(limit=3, before=third.previous))
    first = read(PagedQuery(limit=3, before=second.previous))

    assert [first.items, second.items] == [[1, 2, 3], [4, 5, 6]]
    assert [first.previous, second.next] == [None, str(place_of(6))]


@pytest.mark.parametrize(
    ("query", "onward"), [(PagedQuery(), "next"), (PagedQuery(before=str(place_of(6))), "previous")]
)
def test_a_search_that_ended_too_early_goes_on_behind_what_it_has_seen(query, onward):
    page = read_page(query, ORDER, lambda start, is_backwards: ([], place_of(4)), place_of)

    assert (page.items, getattr(page, onward), page.searched_all) == ([], str(place_of(4)), False)


def test_all_pages_are_read_from_the_first_on(monkeypatch):
    monkeypatch.setattr("pingpong.paging.EXPORT_BATCH", 2)

    assert [*read_all(PagedQuery(before=str(place_of(6))), read)] == [*NUMBERS]


def test_a_cursor_of_another_list_is_refused():
    with pytest.raises(InvalidInput, match="before"):
        read_page(PagedQuery(before=str(place_of(6))), "letters", search, place_of)


def test_a_page_is_after_one_place_or_before_one_not_both():
    with pytest.raises(ValidationError, match="do not go together"):
        PagedQuery(after=str(place_of(1)), before=str(place_of(6)))
