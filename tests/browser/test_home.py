"""The home page as people use it."""

import time

from playwright.sync_api import expect

from tests.browser.conftest import is_live, rally, send


def test_two_browsers_see_the_pong_three_seconds_after_one_of_them_sent(open_page):
    one, other = open_page(), open_page()
    is_live(one), is_live(other)

    sent_at = time.monotonic()
    send(one, "hello from one")

    for page in (one, other):
        expect(rally(page, "hello from one")).to_have_count(1)
        expect(rally(page, "hello from one")).to_contain_text("pong hello from one")
    assert time.monotonic() - sent_at >= 3
    assert "3.0" in rally(other, "hello from one").locator("[data-field=duration]").inner_text()


def test_ones_own_message_waits_at_once_with_a_ring(open_page):
    page = open_page()
    page.route("**/submit/", lambda route: None)

    send(page, "not even at the server")

    expect(rally(page, "not even at the server")).to_have_attribute("data-status", "queued")
    expect(rally(page, "not even at the server").locator(".ring")).to_be_visible()


def test_a_message_that_could_not_be_sent_is_sent_later_and_once(open_page):
    page = open_page()
    is_live(page)
    failures = []

    def fail_once(route) -> None:
        failures.append(route)
        route.abort() if len(failures) == 1 else route.continue_()

    page.route("**/submit/", fail_once)
    send(page, "stubborn")

    expect(rally(page, "stubborn")).to_contain_text("pong stubborn")
    expect(rally(page, "stubborn")).to_have_count(1)


def test_a_refused_message_is_said_beside_the_field_and_not_lost(open_page):
    page = open_page()

    send(page, "x" * 1001)

    expect(page.locator("#message-error")).to_contain_text("1000")
    expect(page.get_by_label("Message")).to_have_value("x" * 1001)


def test_markup_is_shown_as_text(open_page):
    page = open_page()

    send(page, "<img src=x onerror=alert(1)><b>bold</b>")

    expect(rally(page, "<b>bold</b>")).to_contain_text("pong <img src=x onerror=alert(1)><b>bold</b>")
    assert page.locator("#feed img, #feed b").count() == 0


def test_the_keyboard_is_enough(open_page):
    page = open_page()
    is_live(page)

    page.get_by_label("Message").focus()
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")

    expect(rally(page, "by keyboard")).to_contain_text("pong by keyboard")
    expect(page.locator("[aria-live=polite]").first).to_be_attached()


def test_a_pong_is_told_to_screen_readers(open_page):
    page = open_page()
    is_live(page)

    send(page, "read me out")

    expect(page.locator("#announcer")).to_contain_text("pong read me out")


def test_the_heart_goes_grey_when_beats_stop_and_beats_again(open_page, stack):
    page = open_page()
    heart = page.locator("[data-state]").first
    expect(heart).to_have_attribute("data-state", "beating")

    stack.stop("scheduler")
    expect(heart).to_have_attribute("data-state", "silent")
    expect(heart.locator("[data-field=seconds]")).to_contain_text("s")

    stack.start("scheduler")
    expect(heart).to_have_attribute("data-state", "beating", timeout=30_000)


def test_without_javascript_a_form_ends_on_a_page_that_shows_the_answer(open_page):
    page = open_page(java_script_enabled=False)

    page.get_by_label("Message").fill("no scripts")
    page.get_by_role("button", name="Send").click()

    assert "/pings/" in page.url
    expect(page.get_by_text("pong no scripts")).to_be_visible()


def test_without_javascript_a_refused_form_says_why(open_page):
    page = open_page(java_script_enabled=False)

    page.get_by_label("Message").fill("y" * 1001)
    page.get_by_role("button", name="Send").click()

    expect(page.locator("#message-error")).to_contain_text("must have at most 1000 characters")
    expect(page.get_by_label("Message")).to_have_value("y" * 1001)
