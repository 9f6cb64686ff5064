"""The messages of a conversation: of other days, in any script, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chatting import Company, shows

PHONE = {"width": 390, "height": 720}


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def ada(company):
    return company.join("Ada Lovelace")


@pytest.fixture
def grace(company):
    return company.join("Grace Hopper")


def test_days_are_those_of_the_reader(company, ada):
    """At this moment it is the 21st in Auckland and still the 20th in Honolulu."""
    kiri = company.join("Kiri", timezone_id="Pacific/Auckland", locale="en-NZ")
    keala = company.join("Keala", timezone_id="Pacific/Honolulu")
    group = ada.begin(kiri, keala, name="Far away")
    ada.post(group, "hello")

    clocks = []
    for chatter in (kiri, keala):
        chatter.enter(group)
        expect(chatter.page.locator(".day").locator("visible=true")).to_have_text(["Today"])
        clocks.append(chatter.entry("hello").locator(".message-note time").inner_text())

    assert clocks[0] != clocks[1]


def test_markup_is_text_and_runs_nowhere(ada, grace):
    evil = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
    group = ada.begin(grace, name=evil)
    for chatter in (ada, grace):
        chatter.enter(group)

    ada.send(evil)

    shows(grace, [evil])
    expect(grace.page.locator("#thread img, #thread b, .chat-side img")).to_have_count(0)
    expect(grace.page).to_have_title(f"{evil} · Chat · Pingpong")


def test_any_script_and_any_length_fits_a_phone(company, ada):
    mona = company.join("Mona", viewport=PHONE, has_touch=True)
    two = ada.begin(mona)
    ada.post(two, "שלום עולם", "👩‍👩‍👧‍👦🏓", "x" * 4000, "word " * 600)

    mona.enter(two)

    assert mona.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert mona.page.locator("#scroller").evaluate("place => place.scrollWidth <= place.clientWidth")
    expect(mona.page.get_by_label("Message", exact=True)).to_be_in_viewport(ratio=1)
    text = mona.entry("שלום עולם").locator("[data-field=text]")
    assert text.evaluate("text => getComputedStyle(text).direction") == "rtl"


def test_on_a_phone_there_is_the_list_or_the_thread(company, ada):
    mona = company.join("Mona", viewport=PHONE)
    two = ada.begin(mona)
    mona.go()
    expect(mona.page.get_by_text("Pick a conversation")).to_be_hidden()

    mona.line("Ada Lovelace").click()
    expect(mona.page).to_have_url(re.compile(two))
    expect(mona.page.locator(".chat-side")).to_be_hidden()
    mona.page.get_by_role("link", name="All conversations").click()

    expect(mona.line("Ada Lovelace")).to_be_visible()
