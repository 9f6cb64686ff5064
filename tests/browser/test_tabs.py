"""Tabs of one browser: one of them has the stream and tells the others."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import held, is_live, rally, send, submit
from tests.browser.told import MADE_UP
from tests.waiting import wait_until

READS_AGAIN_WITHIN_MS = 3_000
LOSES_PATIENCE_WITHIN_MS = 6_000


class Tab:
    """A tab whose page is there, but takes part in nothing before it is told to."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page = context.new_page()
        self.asked: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.clock.install()
        self._held = held(self.page, "**/js/page.js")
        self.page.goto(url, wait_until="commit")
        self._held()

    def join(self) -> Page:
        """Let it take part."""
        self._held().continue_()
        return self.page


@pytest.fixture
def open_tab(stack):
    def open_it(context: BrowserContext) -> Page:
        page = context.new_page()
        page.clock.install()
        page.goto(stack.url)
        return page

    return open_it


def freeze(page: Page, state: str = "frozen") -> None:
    """As systems do with tabs in the background."""
    page.context.new_cdp_session(page).send("Page.setWebLifecycleState", {"state": state})


def test_a_tab_takes_over_from_one_that_is_frozen_and_the_frozen_one_follows_later(open_context, open_tab):
    context = open_context()
    frozen = open_tab(context)
    is_live(frozen)
    freeze(frozen)

    taking_over = open_tab(context)
    taking_over.clock.run_for(LOSES_PATIENCE_WITHIN_MS)
    is_live(taking_over)
    send(taking_over, "past a frozen tab")
    expect(rally(taking_over, "past a frozen tab")).to_have_attribute("data-status", "running")

    freeze(frozen, "active")
    expect(rally(frozen, "past a frozen tab")).to_have_count(1)
    is_live(frozen)


def test_a_tab_that_joins_hears_from_another_what_it_missed(open_context, open_tab, stack):
    context = open_context()
    first = open_tab(context)
    is_live(first)
    send(first, "before both")
    expect(rally(first, "before both")).to_have_attribute("data-status", "running")

    joining = Tab(context, stack.url)
    send(first, "while it joined")
    expect(rally(first, "while it joined")).to_have_attribute("data-status", "running")
    page = joining.join()

    expect(rally(page, "while it joined")).to_have_count(1)
    page.clock.run_for(READS_AGAIN_WITHIN_MS)
    is_live(page)
    assert not [url for url in joining.asked if "/api/" in url or "/events/" in url]


def test_a_tab_reads_again_what_no_other_can_know_it_missed(open_context, open_tab, stack):
    """Nothing is told here, so that only reading can show the message."""
    context = open_context()
    context.add_init_script(MADE_UP)
    joining = Tab(context, stack.url)
    submit(joining.page, "before the other tab")
    start = start_of(joining.page)

    first = wait_until(lambda: later(open_tab(context), start))
    is_live(first)
    page = joining.join()
    is_live(page)
    page.clock.run_for(READS_AGAIN_WITHIN_MS)

    expect(rally(page, "before the other tab")).to_have_count(1)


def start_of(page: Page) -> str:
    """The news that the page was made with."""
    return page.locator("body").get_attribute("data-last-event-id") or ""


def later(page: Page, start: str) -> Page | None:
    """The page, if it knows more than one that started there; else it is closed."""
    if start_of(page) != start:
        return page
    page.close()
    return None
