"""The place in a long thread: unread, older, and what comes meanwhile."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.chatting import Company, shows

TOP = "scroller => { scroller.scrollTop = -1e6; }"


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def ada(company):
    return company.join("Ada Lovelace")


@pytest.fixture
def grace(company):
    return company.join("Grace Hopper")


def test_the_thread_opens_at_the_line_above_what_is_unread(ada, grace):
    two = ada.begin(grace)
    grace.post(two, "the last that Grace said")
    ada.post(two, *(f"unread {number}" for number in range(30)))

    grace.enter(two)

    line = grace.entry("unread 0").first.locator(".unread-line")
    expect(line).to_be_in_viewport()
    expect(grace.page.locator(".unread-line").locator("visible=true")).to_have_count(1)
    expect(grace.entry("unread 29")).not_to_be_in_viewport()
    grace.page.get_by_role("button", name="Newest").click()
    expect(grace.entry("unread 29")).to_be_in_viewport()
    expect(grace.page).to_have_title("Ada Lovelace · Chat · Pingpong")


def test_older_messages_come_by_scrolling_and_the_place_is_kept(ada, grace):
    two = ada.begin(grace)
    ada.post(two, *(f"message {number:03}" for number in range(180)))
    ada.enter(two)
    expect(ada.entry("message 179")).to_be_in_viewport()
    expect(ada.page.locator(".entry")).to_have_count(50)

    ada.page.locator("#scroller").evaluate(TOP)
    expect(ada.page.locator(".entry")).to_have_count(150)
    expect(ada.entry("message 130")).to_be_in_viewport()
    ada.page.locator("#scroller").evaluate(TOP)

    shows(ada, [f"message {number:03}" for number in range(180)])
    expect(ada.page.get_by_text("This is where it begins.")).to_be_attached()


def test_whoever_scrolls_too_far_too_fast_is_told_when_more_comes(ada, grace):
    two = ada.begin(grace)
    ada.post(two, *(f"message {number}" for number in range(60)))
    times = iter([True])

    def refuse_once(route: Route) -> None:
        if next(times, False):
            route.fulfill(status=429, headers={"Retry-After": "3"}, json={"error": {"message": "slowly"}})
        else:
            route.continue_()

    ada.page.route("**/messages/?*", refuse_once)
    ada.enter(two)
    ada.page.locator("#scroller").evaluate(TOP)

    expect(ada.page.get_by_text("Older messages come in 3 s.")).to_be_visible()
    expect(ada.page.locator(".entry")).to_have_count(60)


def test_what_comes_while_one_reads_further_up_moves_nothing(ada, grace):
    two = ada.begin(grace)
    ada.post(two, *(f"message {number}" for number in range(40)))
    grace.enter(two)
    grace.page.get_by_role("button", name="Newest").click()
    expect(grace.entry("message 39")).to_be_in_viewport()
    grace.page.locator("#scroller").evaluate("scroller => { scroller.scrollTop = -700; }")
    expect(grace.page.locator("#newest")).to_be_visible()
    before = grace.entry("message 20").bounding_box()

    ada.post(two, "one more", "and another")

    expect(grace.page.get_by_role("button", name="2 new")).to_be_visible()
    after = grace.entry("message 20").bounding_box()
    assert after["y"] == pytest.approx(before["y"], abs=1)
