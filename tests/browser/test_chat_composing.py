"""Writing a message in chat."""

import pytest
from playwright.sync_api import expect

from tests.browser.chatting import Company, shows

BALL = "🏓"
MOST = 4000


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def grace(company):
    return company.join("Grace Hopper")


@pytest.fixture
def ada(company):
    return company.join("Ada Lovelace")


def test_enter_sends_and_with_shift_it_makes_a_line(ada, grace):
    ada.enter(ada.begin(grace))
    expect(ada.page.get_by_label("Message", exact=True)).to_be_focused()

    ada.page.keyboard.type("one line")
    ada.page.keyboard.press("Shift+Enter")
    ada.page.keyboard.type("another")
    ada.page.keyboard.press("Enter")

    shows(ada, ["one line\nanother"])


def test_characters_are_counted_whole_and_only_near_the_limit(ada, grace):
    ada.enter(ada.begin(grace))
    field, counter = ada.page.get_by_label("Message", exact=True), ada.page.locator("[data-field=counter]")

    field.fill(BALL * 100)
    expect(counter).to_be_hidden()
    field.fill(BALL * (MOST + 1))
    expect(counter).to_have_text("4001 / 4000")
    field.press("Enter")
    expect(ada.page.get_by_role("alert").first).to_have_text("That is 1 too many: at most 4000 characters.")
    field.fill(BALL * MOST)
    field.press("Enter")

    shows(ada, [BALL * MOST])


def test_what_was_typed_and_not_sent_is_there_when_one_comes_back(ada, grace):
    two, group = ada.begin(grace), ada.begin(grace, name="Engines")
    ada.enter(two)
    ada.type("half a thou")

    ada.enter(group)
    expect(ada.page.get_by_label("Message", exact=True)).to_have_value("")
    ada.enter(two)

    expect(ada.page.get_by_label("Message", exact=True)).to_have_value("half a thou")
