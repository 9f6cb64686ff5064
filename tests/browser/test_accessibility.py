"""Pages for those who use no mouse, want things to keep still, or have no JavaScript."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chatting import Company
from tests.browser.conftest import rally, submit
from tests.browser.contrast import FAINT, LEAST
from tests.browser.submitting import entity, fill
from tests.browser.submitting import submit as submit_entities
from tests.browser.told import a_task

HAS_RING = """element =>
  [element, element.parentElement, element.nextElementSibling].some((place) => {
    if (!place || place.offsetWidth <= 1) return false;
    const { outlineStyle, outlineWidth } = getComputedStyle(place);
    return outlineStyle === "solid" && parseFloat(outlineWidth) >= 3;
  })"""
MOVING = "document.getAnimations().length"


def test_the_first_key_leads_past_the_head_of_the_page(open_page):
    page = open_page()
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).not_to_be_in_viewport()

    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Message")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/history/"])
def test_whatever_has_the_focus_shows_it(open_page, path):
    page = open_page(path)
    submit(page, "something to go to")
    page.reload()

    ringless = [name for name, has_ring in tabbed_through(page) if not has_ring]

    assert ringless == []


@pytest.mark.parametrize("path", ["/dsp/", "/dsp/new/", "/dsp/{child}/"])
def test_whatever_has_the_focus_shows_it_on_the_pages_of_submissions(open_context, stack, path):
    ada = Company(open_context, stack).join("Ada Lovelace")
    page = ada.go(path.format(**submit_entities(ada, entity("parent"), entity("child", "parent"))))

    ringless = [name for name, has_ring in tabbed_through(page) if not has_ring]

    assert ringless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_words_of_submissions_stand_out_from_what_is_behind_them(open_context, stack, scheme):
    ada = Company(open_context, stack).join("Ada Lovelace", color_scheme=scheme)
    ids = fill(ada, stack)

    for path in ("/dsp/", "/dsp/new/", f"/dsp/{ids['ad-group-2']}/"):
        assert ada.go(path).evaluate(FAINT, LEAST) == []


def tabbed_through(page: Page) -> list[tuple[str, bool]]:
    """What Tab leads to, with whether its focus can be seen."""
    seen = []
    page.keyboard.press("Tab")
    while not page.evaluate("document.activeElement === document.body"):
        focused = page.evaluate_handle("document.activeElement")
        seen.append((focused.evaluate("element => element.outerHTML"), focused.evaluate(HAS_RING)))
        page.keyboard.press("Tab")
    return seen


def test_nothing_moves_for_those_who_want_it_still(open_told):
    lively, lively_news = open_told()
    still, still_news = open_told(reduced_motion="reduce")

    for news in (lively_news, still_news):
        news.tell(a_task("on its way"))
        news.beat(datetime.now(UTC))

    assert lively.evaluate(MOVING) > 0
    assert still.evaluate(MOVING) == 0
    expect(rally(still, "on its way").locator(".ring")).to_be_visible()


def test_without_javascript_nothing_is_offered_that_needs_it(open_page):
    page = open_page(java_script_enabled=False)

    expect(page.get_by_role("group", name="Theme")).to_be_hidden()
    expect(page.locator("#badge, #heart").locator("visible=true")).to_have_count(0)
    expect(page.get_by_text("Enter sends")).to_be_hidden()


def test_without_javascript_the_history_is_searched(open_page):
    page = open_page("/history/", java_script_enabled=False)
    submit(page, "found without scripts")

    page.get_by_label("Search").fill("FOUND without")
    page.get_by_label("Search").press("Enter")

    expect(page.locator("#history tbody tr")).to_have_count(1)
    expect(page.locator("#history tbody")).to_contain_text("found without scripts")
