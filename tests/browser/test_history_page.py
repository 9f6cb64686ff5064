"""The history page: what it takes in by itself, and links that forget nothing."""

import uuid
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from tests.browser.conftest import submit
from tests.browser.told import a_task

MOST = 100


def texts(page) -> list[str]:
    """The messages on the page, from top to bottom."""
    return page.locator("#history tbody [data-field=asked]").all_inner_texts()


def asked(page) -> dict[str, str]:
    """What the page's address asks for, apart from where to begin."""
    query = parse_qs(urlsplit(page.url).query)
    return {name: values[0] for name, values in query.items() if name not in {"after", "before"}}


def test_only_what_matches_the_filters_is_taken_in(open_told):
    page, news = open_told("/history/?q=Nadel&status=done&kind=ping")

    news.tell(
        a_task("eine NADEL im Heu", "done"),
        a_task("nur Heu", "done"),
        a_task("eine Nadel, die noch fliegt", "running"),
        {**a_task("eine Nadel von anderer Art", "done"), "kind": "reverse_string"},
    )

    assert texts(page) == ["eine NADEL im Heu"]


def test_other_pages_than_the_first_take_in_nothing(open_told):
    page, news = open_told("/history/?q=oldest&sort=submitted_at")

    news.tell(a_task("not the oldest", "done"))

    assert texts(page) == []


def test_after_a_hundred_rows_it_says_that_there_is_more(open_told):
    page, news = open_told("/history/?q=one+of+a+flood")
    news.tell(*(a_task(f"one of a flood {number}", "done") for number in range(MOST)))
    expect(page.get_by_role("link", name="Show the newest")).to_be_hidden()

    news.tell(a_task("one of a flood too many", "done"))

    expect(page.get_by_role("link", name="Show the newest")).to_be_visible()
    assert len(texts(page)) == MOST


def test_links_and_the_form_keep_what_was_asked_for(open_page):
    page = open_page("/history/")
    word = uuid.uuid4().hex
    for number in range(26):
        submit(page, f"{word} {number}")
    wanted = {"q": word, "kind": "ping", "sort": "submitted_at"}
    page.goto(f"{page.url}?q={word}&kind=ping&sort=submitted_at")
    assert texts(page) == [f"{word} {number}" for number in range(25)]

    page.get_by_role("link", name="More").click()
    expect(page.locator("#history tbody tr")).to_have_count(1)
    assert (texts(page), asked(page)) == ([f"{word} 25"], wanted)
    page.get_by_role("link", name="Back").click()
    expect(page.locator("#history tbody tr")).to_have_count(25)
    assert (texts(page)[0], asked(page)) == (f"{word} 0", wanted)

    csv = page.get_by_role("link", name="Download as CSV").evaluate("link => link.href")
    lines = page.request.get(csv).text().splitlines()
    assert [f"{word} {number}" in line for number, line in enumerate(lines[1:])] == [True] * 26

    sent = page.get_by_role("columnheader", name="Sent")
    sent.get_by_role("link").click()
    expect(sent).to_have_attribute("aria-sort", "descending")
    assert (texts(page)[0], asked(page)) == (f"{word} 25", {"q": word, "kind": "ping"})
    sent.get_by_role("link").click()
    expect(sent).to_have_attribute("aria-sort", "ascending")
    assert asked(page) == wanted

    page.get_by_label("Search").fill(f"{word} 1")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#history tbody tr")).to_have_count(11)
    assert texts(page)[:2] == [f"{word} 1", f"{word} 10"]
