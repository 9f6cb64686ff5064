"""Writing a message: which Enter sends, what is counted, and that no text is lost."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import held, rally, send

BALL = "🏓"
MOST = 1000
FEW_WAITS_MS = 5_000


@pytest.fixture
def home(open_told) -> Page:
    page, _ = open_told()
    return page


@pytest.fixture
def paused_home(open_told) -> Page:
    """No time passes there by itself."""
    start = datetime.now(UTC)
    page, _ = open_told(at=start)
    page.clock.pause_at(start + timedelta(seconds=30))
    return page


def test_enter_while_an_input_method_composes_sends_nothing(home):
    field = home.get_by_label("Message")
    field.focus()
    keyboard = home.context.new_cdp_session(home)
    keyboard.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})

    home.keyboard.press("Enter")

    expect(field).to_have_value(re.compile("^にほん"))  # A real input method would keep the Enter for itself.
    expect(rally(home, "にほん")).to_have_count(0)


def test_enter_with_shift_makes_a_new_line_and_enter_alone_sends_both(home):
    field = home.get_by_label("Message")
    field.focus()

    home.keyboard.type("one line")
    home.keyboard.press("Shift+Enter")
    home.keyboard.type("another")
    expect(field).to_have_value("one line\nanother")
    home.keyboard.press("Enter")

    expect(field).to_have_value("")
    expect(rally(home, "one line\nanother")).to_have_count(1)


def test_an_emoji_counts_once_as_it_does_for_the_server(home):
    home.get_by_label("Message").fill(f" {BALL * MOST} ")
    expect(home.locator("[data-field=counter]")).to_have_text("1000 / 1000")

    with home.expect_response("**/submit/") as answer:
        home.get_by_role("button", name="Send").click()
    assert answer.value.status == 202

    send(home, BALL * (MOST + 1))
    expect(home.get_by_role("alert")).to_have_text("That is 1 too many: at most 1000 characters.")


def test_refused_text_is_given_back_before_what_was_typed_since(home):
    waiting = held(home, "**/submit/")
    send(home, "refused")
    home.get_by_label("Message").fill("typed since")

    problem = {"error": {"message": "message: is not liked", "fields": {"message": ["is not liked"]}}}
    waiting().fulfill(status=422, json=problem)

    expect(home.get_by_role("alert")).to_have_text("is not liked")
    expect(home.get_by_label("Message")).to_have_value("refused\ntyped since")
    expect(rally(home, "refused")).to_have_count(0)


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(paused_home, status):
    answers = [status]
    paused_home.route("**/submit/", lambda route: answer_with(route, answers))

    with paused_home.expect_response("**/submit/"):
        send(paused_home, f"through {status}")
    expect(rally(paused_home, f"through {status}")).to_have_attribute("data-status", "unsent")
    paused_home.clock.run_for(FEW_WAITS_MS)

    expect(rally(paused_home, f"through {status}")).to_have_attribute("data-status", "queued")


def test_a_server_that_says_when_to_come_back_is_not_asked_before(paused_home):
    answers = [503]
    paused_home.route("**/submit/", lambda route: answer_with(route, answers, {"Retry-After": "30"}))
    send(paused_home, "patient")
    expect(rally(paused_home, "patient")).to_have_attribute("data-status", "unsent")

    waited_s = 0
    while rally(paused_home, "patient").get_attribute("data-status") == "unsent":
        paused_home.clock.run_for(1_000)
        waited_s += 1

    assert waited_s >= 30


def answer_with(route, answers: list[int], headers: dict[str, str] | None = None) -> None:
    """One of these after the other, then the server's own."""
    if answers:
        route.fulfill(status=answers.pop(0), headers=headers or {}, body="")
    else:
        route.continue_()


def test_a_message_whose_answer_got_lost_survives_a_reload_and_is_sent_once(home):
    lost = []

    def lose_the_first(route) -> None:
        lost.append(route.fetch()) if not lost else route.continue_()

    home.route("**/submit/", lose_the_first)
    send(home, "over a reload")
    expect(rally(home, "over a reload")).to_have_attribute("data-status", "queued")

    with home.expect_response("**/submit/") as answer:
        home.reload()

    assert lost[0].json()["id"] == answer.value.json()["id"]
    expect(rally(home, "over a reload")).to_have_count(1)


def test_a_message_that_never_reached_the_server_survives_a_reload(home):
    home.route("**/submit/", lambda route: None)
    send(home, "kept in the tab")
    expect(rally(home, "kept in the tab")).to_have_count(1)

    home.unroute_all()
    home.reload()

    expect(rally(home, "kept in the tab").locator("a[href]")).to_have_count(1)
