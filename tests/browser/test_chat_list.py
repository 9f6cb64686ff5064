"""The list of conversations: what is unread, what was said last, and who is there, in every tab."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chatting import Company, look_away, look_back
from tests.browser.conftest import held


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def ada(company):
    return company.join("Ada Lovelace")


@pytest.fixture
def grace(company):
    return company.join("Grace Hopper")


def unread(line):
    return line.locator("[data-field=count]").locator("visible=true")


def titles(page: Page):
    return page.locator(".chat-line [data-field=title]")


def test_what_is_unread_is_counted_in_the_list_and_before_the_title(ada, grace):
    two, group = ada.begin(grace), ada.begin(grace, name="Engines")
    grace.go()

    ada.post(two, "one", "two")
    expect(unread(grace.line("Ada Lovelace"))).to_have_text("2")
    ada.post(group, "three")

    expect(unread(grace.line("Engines"))).to_have_text("1")
    expect(grace.page).to_have_title("(3) Chat · Pingpong")
    expect(grace.line("Engines").locator("[data-field=preview]")).to_have_text("Ada Lovelace: three")
    expect(titles(grace.page)).to_have_text(["Engines", "Ada Lovelace"])


def test_opening_a_conversation_reads_it(ada, grace):
    two, group = ada.begin(grace), ada.begin(grace, name="Engines")
    grace.go()
    ada.post(two, "one", "two")
    ada.post(group, "three")

    grace.line("Ada Lovelace").click()

    expect(unread(grace.line("Ada Lovelace"))).to_have_count(0)
    expect(grace.page).to_have_title("(1) Ada Lovelace · Chat · Pingpong")
    expect(grace.line("Ada Lovelace").get_by_role("link")).to_have_attribute("aria-current", "page")


def test_two_tabs_of_one_person_agree(ada, grace):
    two = ada.begin(grace)
    first = grace.go()
    ada.post(two, "unread in both")
    expect(unread(grace.line("Ada Lovelace", first))).to_have_text("1")

    second = first.context.new_page()
    second.goto(f"{grace.url}/chat/{two}/")
    expect(unread(grace.line("Ada Lovelace", first))).to_have_count(0)
    expect(first).to_have_title("Chat · Pingpong")
    second.get_by_label("Message", exact=True).fill("from the second tab")
    second.get_by_label("Message", exact=True).press("Enter")

    expect(grace.line("Ada Lovelace", first).locator("[data-field=preview]")).to_have_text(
        "You: from the second tab"
    )
    expect(unread(grace.line("Ada Lovelace", first))).to_have_count(0)


def test_what_is_said_while_nobody_looks_stays_unread_until_somebody_does(ada, grace):
    two = ada.begin(grace)
    ada.post(two, "seen")
    grace.enter(two)
    expect(grace.page).to_have_title("Ada Lovelace · Chat · Pingpong")

    look_away(grace.page)
    ada.post(two, "unseen")
    expect(grace.entry("unseen")).to_be_visible()
    expect(grace.page).to_have_title("(1) Ada Lovelace · Chat · Pingpong")
    expect(unread(grace.line("Ada Lovelace"))).to_have_text("1")
    expect(grace.entry("unseen").locator(".unread-line")).to_be_visible()
    look_back(grace.page)

    expect(grace.page).to_have_title("Ada Lovelace · Chat · Pingpong")
    expect(grace.entry("unseen").locator(".unread-line")).to_be_visible()


def test_what_was_said_while_the_list_was_away_is_there_when_it_is_back(ada, grace):
    two = ada.begin(grace)
    grace.go()
    expect(grace.line("Ada Lovelace")).to_be_visible()

    grace.page.context.set_offline(True)
    expect(grace.page.get_by_text("Offline")).to_be_visible()
    ada.post(two, "missed")
    grace.page.context.set_offline(False)

    expect(unread(grace.line("Ada Lovelace"))).to_have_text("1")


def test_what_changes_while_the_list_is_read_is_not_undone_by_it(ada, grace):
    two = ada.begin(grace)
    ada.enter(two)
    ada.send("teh engine")
    with grace.page.expect_response("**/api/chat/conversations/?*"):
        grace.go()
    preview = grace.line("Ada Lovelace").locator("[data-field=preview]")
    expect(preview).to_have_text("teh engine")
    reading = held(grace.page, "**/api/chat/conversations/?*")
    look_back(grace.page)
    read_before = reading().fetch().json()

    ada.edit("teh engine", "the engine")
    expect(preview).to_have_text("the engine")
    read_before["items"][0]["unread_count"] = 7  # to see when the page has it
    reading().fulfill(json=read_before)

    expect(unread(grace.line("Ada Lovelace"))).to_have_text("7")
    expect(preview).to_have_text("the engine")


@pytest.mark.usefixtures("old_news")
def test_a_new_conversation_comes_by_itself(ada, grace):
    start = datetime.now(UTC)
    grace.page.clock.install(time=start)
    with grace.page.expect_response("**/api/chat/conversations/?*"):
        grace.go()
    grace.page.clock.pause_at(start + timedelta(seconds=30))  # nothing is read again by itself
    expect(grace.page.get_by_text("No conversations yet")).to_be_visible()

    ada.begin(grace, name="Engines")

    expect(titles(grace.page)).to_have_text(["Engines"])


def test_whoever_is_online_has_a_dot(ada, grace):
    two = ada.begin(grace)
    ada.go()
    dot = ada.line("Grace Hopper").locator(".face-dot")
    expect(dot).to_be_hidden()

    grace.enter(two)
    expect(dot).to_be_visible()
    grace.go()

    expect(dot).to_be_hidden()
