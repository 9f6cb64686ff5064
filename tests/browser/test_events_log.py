"""The page of the event log in a browser."""

import re
import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chatting import Chatter, Company
from tests.browser.contrast import FAINT, LEAST
from tests.browser.events import administrator, happened, rows
from tests.browser.test_accessibility import tabbed_through

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def root(company, stack) -> Chatter:
    return administrator(company, stack)


@pytest.fixture
def kind() -> str:
    """A type of events that only this test has."""
    return f"seen.{''.join(letter for letter in uuid.uuid4().hex if letter.isalpha())}"


def events_of(stack, kind: str, count: int, **values: object) -> None:
    for number in range(count):
        happened(stack, kind, ago_s=60 + count - number, number=number, **values)


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("search").get_by_label(label)


def search(page: Page, **fields: str) -> None:
    for label, text in fields.items():
        field(page, label).fill(text)
    page.get_by_role("button", name="Search").click()


def test_the_head_of_the_page_leads_there(root):
    page = root.go("/")

    page.get_by_role("link", name="Events", exact=True).click()

    expect(page.get_by_role("heading", name="Event log")).to_be_visible()
    expect(page.get_by_role("link", name="Events", exact=True)).to_have_attribute("aria-current", "page")


def test_events_are_filtered_by_what_is_typed_and_by_what_is_clicked(root, stack, kind):
    events_of(stack, kind, 3)
    happened(stack, kind, actor_id=root.id, request_id=f"request-of-{kind}", word="needle")
    page = root.go("/events-log/")

    search(page, Type=kind)
    expect(rows(page)).to_have_count(4)
    search(page, Search="NEEDLE")
    expect(rows(page)).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    search(page, Request=f"request-of-{kind}")
    expect(rows(page)).to_have_count(1)
    rows(page).get_by_role("link", name=kind, exact=True).click()
    expect(field(page, "Type")).to_have_value(kind)
    rows(page).get_by_role("link", name=re.compile("@")).click()

    expect(rows(page)).to_have_count(1)
    expect(field(page, "Actor")).to_have_value(root.id)


def test_a_moment_is_chosen_in_utc(root, stack, kind):
    events_of(stack, kind, 3)
    page = root.go(f"/events-log/?event_type={kind}")
    oldest = rows(page).last.locator("time").inner_text()

    search(page, Until=oldest.replace(" ", "T").removesuffix("Z"))
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    search(page, Until="", Since="2001-02-03T04:05")

    expect(rows(page)).to_have_count(3)
    expect(field(page, "Since")).to_have_value("2001-02-03T04:05")


def test_pages_lead_to_older_events_and_back(root, stack, kind):
    events_of(stack, kind, 30)
    page = root.go(f"/events-log/?event_type={kind}")

    page.get_by_role("link", name="Older").click()
    expect(rows(page)).to_have_count(5)
    expect(rows(page).last).to_contain_text('{"number": 0}')
    page.get_by_role("link", name="Newer").click()
    expect(rows(page)).to_have_count(25)
    expect(rows(page).first).to_contain_text('{"number": 29}')
    page.get_by_role("link", name="Newest").click()

    expect(page.get_by_role("heading", name="Events by type and hour")).to_be_visible()
    expect(field(page, "Type")).to_have_value(kind)


def test_a_bad_filter_is_said_beside_the_form(root):
    page = root.go("/events-log/")

    search(page, Actor="nobody at all")

    expect(page.get_by_role("alert")).to_have_text("Actor: there is nobody of this name.")
    expect(field(page, "Actor")).to_have_value("nobody at all")


def test_the_chart_can_be_read_as_a_table(root, stack, kind):
    events_of(stack, kind, 3)
    page = root.go("/events-log/")

    page.get_by_text("The chart as a table").click()

    expect(page.get_by_role("table", name="Events by type and hour (UTC)")).to_be_visible()
    page.get_by_role("link", name="7 days").click()
    expect(page.locator(".log-hour")).to_have_count(168)


def test_on_a_phone_nothing_is_wider_than_the_screen(company, stack, kind):
    root = administrator(company, stack, viewport=PHONE)
    happened(stack, kind, actor_id=root.id, request_id="r" * 128, path="x" * 300, number=1)
    page = root.go(f"/events-log/?event_type={kind}")

    expect(rows(page)).to_have_count(1)

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_words_stand_out_from_what_is_behind_them(company, stack, kind, scheme):
    root = administrator(company, stack, color_scheme=scheme)
    events_of(stack, kind, 2, actor_id=root.id, request_id="one")

    page = root.go(f"/events-log/?event_type={kind}")
    page.get_by_text("The chart as a table").click()

    assert page.evaluate(FAINT, LEAST) == []


def test_whatever_has_the_focus_shows_it(root, stack, kind):
    happened(stack, kind, actor_id=root.id, request_id="one")
    page = root.go(f"/events-log/?event_type={kind}")

    assert [name for name, has_ring in tabbed_through(page) if not has_ring] == []


def test_without_javascript_it_is_all_there(company, stack, kind, open_context):
    root = administrator(company, stack)
    events_of(stack, kind, 30)
    context = open_context(java_script_enabled=False)
    context.add_cookies(root.page.context.cookies())
    page = context.new_page()
    page.goto(f"{stack.url}/events-log/")

    search(page, Type=kind)
    page.get_by_role("link", name="Older").click()

    expect(rows(page)).to_have_count(5)
