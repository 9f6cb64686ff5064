"""What every page does: themes, widths, no complaints; and the history."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import is_live, rally, send

PATHS = ("/", "/history/", "/nothing-here")


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_theme_follows_the_system_until_one_is_chosen(open_page, system):
    page = open_page(color_scheme=system)

    assert theme(page) == system


def test_a_chosen_theme_survives_a_reload_and_is_there_from_the_first_paint(open_page):
    page = open_page(color_scheme="light")
    page.get_by_title("Dark theme").click()
    assert theme(page) == "dark"

    page.route(
        "**/*.js", lambda route: route.continue_() if "theme-early" in route.request.url else route.abort()
    )
    page.reload()

    assert theme(page) == "dark"


def theme(page) -> str:
    return page.evaluate("document.documentElement.dataset.bsTheme")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("width", [320, 768])
def test_no_page_scrolls_sideways(open_page, path, width):
    page = open_page(path, viewport={"width": width, "height": 700})

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_long_words_do_not_make_a_narrow_page_wide(open_page):
    page = open_page(viewport={"width": 320, "height": 700})
    is_live(page)
    send(page, "w" * 300)
    expect(rally(page, "w" * 300)).to_contain_text("pong")

    for path in PATHS[:2]:
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", PATHS)
def test_every_page_loads_only_from_its_own_host_and_breaks_no_policy(open_context, stack, path):
    context = open_context()
    hosts = set()
    context.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page = context.new_page()

    page.goto(stack.url + path)
    is_live(page)

    assert hosts == {stack.url.split("/")[2]}


def test_the_history_finds_a_message(open_page):
    page = open_page()
    is_live(page)
    send(page, "a needle in the history")
    expect(rally(page, "a needle in the history")).to_contain_text("pong")
    page.get_by_role("link", name="History").click()

    page.get_by_label("Search").fill("NEEDLE in")
    page.get_by_role("button", name="Search").click()

    expect(page.locator("#history tbody tr")).to_have_count(1)
    expect(page.locator("#history tbody")).to_contain_text("pong a needle in the history")


def test_the_first_page_of_the_history_is_live(open_page):
    history, home = open_page("/history/"), open_page()
    is_live(history), is_live(home)

    send(home, "live in the history")

    row = history.locator("#history tbody tr").filter(has_text="live in the history")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("pong live in the history")


def test_a_message_page_turns_into_its_answer(open_page):
    page = open_page()
    is_live(page)
    send(page, "on its own page")
    expect(rally(page, "on its own page").locator("a[href]")).to_have_count(1)
    page.goto(page.evaluate("document.querySelector('#feed a[href]').href"))

    expect(page.locator("#message")).to_contain_text("pong on its own page")
