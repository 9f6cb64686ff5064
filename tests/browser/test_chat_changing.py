"""Messages that are edited and taken back, live."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chatting import Company, shows


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def ada(company):
    return company.join("Ada Lovelace")


@pytest.fixture
def grace(company):
    return company.join("Grace Hopper")


def test_an_edited_message_changes_for_everybody(ada, grace):
    two = ada.begin(grace)
    for chatter in (ada, grace):
        chatter.enter(two)
    ada.send("teh engine")
    expect(grace.entry("teh engine")).to_be_visible()

    ada.edit("teh engine", "the engine")

    shows(grace, ["the engine"])
    expect(grace.entry("the engine")).to_contain_text("edited")
    expect(grace.line("Ada Lovelace").locator("[data-field=preview]")).to_have_text("the engine")
    shows(ada, ["the engine"])


def test_an_edit_that_is_refused_says_why_and_escape_gives_it_up(ada, grace):
    ada.enter(ada.begin(grace))
    ada.send("as it is")

    ada.choose("as it is", "Edit")
    ada.page.get_by_label("Edit the message").fill("x" * 4001)
    ada.page.get_by_role("button", name="Save").click()
    problem = ada.page.locator(".message-editor [role=alert]").locator("visible=true")
    expect(problem).to_have_text(re.compile("at most 4000"))
    ada.page.get_by_label("Edit the message").press("Escape")

    shows(ada, ["as it is"])
    expect(ada.page.get_by_label("Message", exact=True)).to_be_focused()


def test_a_deleted_message_is_gone_for_everybody_after_a_second_thought(ada, grace):
    two = ada.begin(grace)
    for chatter in (ada, grace):
        chatter.enter(two)
    ada.send("regret")
    expect(grace.entry("regret")).to_be_visible()

    ada.choose("regret", "Delete")
    expect(grace.entry("regret")).to_be_visible()
    ada.page.get_by_role("button", name="Delete for everybody?").click()

    for chatter in (ada, grace):
        expect(chatter.page.locator(".message-gone")).to_be_visible()
        expect(chatter.entry("regret")).to_have_count(0)
    expect(grace.line("Ada Lovelace").locator("[data-field=preview]")).to_have_text("Message deleted")


def test_only_ones_own_messages_can_be_changed_and_only_for_a_while(ada, grace):
    two = ada.begin(grace)
    ada.post(two, "hers")
    grace.post(two, "mine")
    grace.page.clock.install()
    grace.enter(two)
    expect(grace.page.get_by_label("Change this message")).to_have_count(1)
    expect(grace.entry("mine").get_by_label("Change this message")).to_have_count(1)

    grace.page.clock.fast_forward("16:00")

    expect(grace.page.get_by_label("Change this message")).to_have_count(0)
