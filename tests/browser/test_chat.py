"""People in a group, each in a browser: what one says the others see."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.chatting import Company, Three, come, shows


@pytest.fixture
def three(open_context, stack) -> Three:
    return come(Company(open_context, stack))


def all_show(three: Three, texts: list[str]) -> None:
    for chatter in three:
        shows(chatter, texts)


def test_what_one_says_all_others_see_in_the_same_order(three):
    ada, grace, alan = three

    ada.send("Does it weave?")
    expect(grace.entry("Does it weave?")).to_be_visible()
    grace.send("Algebraic patterns")
    expect(alan.entry("Algebraic patterns")).to_be_visible()
    alan.send("one", "two", "three")

    all_show(three, ["Does it weave?", "Algebraic patterns", "one", "two", "three"])
    expect(grace.entry("Does it weave?")).to_contain_text("Ada Lovelace")


def test_the_others_see_who_types_until_it_is_sent(three):
    ada, grace, alan = three
    start = datetime.now(UTC)
    grace.page.clock.install(time=start)
    grace.page.clock.pause_at(start + timedelta(seconds=10))  # nothing is forgotten by itself

    ada.type("Well")
    expect(grace.page.locator("#typing")).to_have_text("Ada Lovelace is typing")
    expect(grace.page.locator("#typing")).to_be_visible()
    alan.type("Hm")
    expect(grace.page.locator("#typing")).to_have_text(re.compile("Ada Lovelace and Alan Turing are typing"))
    expect(ada.page.locator("#typing")).to_have_text("Alan Turing is typing")
    for chatter in (ada, alan):
        chatter.page.get_by_label("Message", exact=True).press("Enter")

    expect(grace.page.locator("#typing")).to_be_hidden()
    expect(grace.page.locator("#typing")).to_have_text("")


def test_who_types_and_goes_away_is_forgotten(three):
    ada, grace, _ = three
    ada.type("Well")
    expect(grace.page.locator("#typing")).to_be_visible()

    ada.page.close()

    expect(grace.page.locator("#typing")).to_be_hidden()


def test_a_message_is_ticked_twice_when_all_have_read_it(three):
    ada, grace, alan = three
    alan.go("/chat/")

    ada.send("read me")
    expect(ada.entry("read me")).to_contain_text("Read by 1 of 2")
    expect(ada.entry("read me")).to_have_attribute("data-receipt", "sent")
    alan.line("Engines").click()

    expect(ada.entry("read me")).to_contain_text("Read by 2 of 2")
    expect(ada.entry("read me")).to_have_attribute("data-receipt", "read")
    expect(grace.entry("read me").locator(".ticks")).to_be_hidden()
