"""Finding people, beginning conversations, and who takes part in a group."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.chatting import Company


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def mark() -> str:
    """Letters that only this test's people have in their names."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in uuid.uuid4().hex[:10])


@pytest.fixture
def ada(company):
    return company.join("Ada Lovelace")


def test_people_come_as_one_types_and_whoever_is_chosen_stays(company, ada, mark):
    grace, alan = company.join(f"Grace {mark}"), company.join(f"Alan {mark}")
    ada.go("/chat/new/")

    ada.page.get_by_label("Search for people").press_sequentially(f"grace {mark}")
    ada.page.get_by_label(grace.name).check()
    ada.page.get_by_label("Search for people").fill(f"alan {mark}")
    expect(ada.page.locator("[data-field=found] .person-name")).to_have_text([alan.name])
    ada.page.get_by_label(alan.name).check()
    expect(ada.page.get_by_label(grace.name)).to_be_checked()
    ada.page.get_by_label("Name of the group").fill("Engines")
    ada.page.get_by_role("button", name="Begin").click()

    expect(ada.page.get_by_role("heading", name="Engines")).to_be_visible()
    expect(ada.page.locator("[data-field=about]")).to_have_text("3 people")


def test_without_javascript_whoever_is_chosen_stays_over_searches(company, mark):
    jane = company.join("Plain Jane", java_script_enabled=False)
    grace, alan = company.join(f"Grace {mark}"), company.join(f"Alan {mark}")
    jane.page.goto(f"{jane.url}/chat/new/")

    for someone in (grace, alan):
        jane.page.get_by_label("Search for people").fill(someone.name)
        jane.page.get_by_role("button", name="Search").click()
        jane.page.get_by_label(someone.name).check()
    expect(jane.page.get_by_label(grace.name)).to_be_checked()
    assert "csrf_token" not in jane.page.url
    jane.page.get_by_role("button", name="Begin").click()

    expect(jane.page.get_by_role("heading", name=re.compile(f"Grace {mark}"))).to_be_visible()
    expect(jane.page.get_by_role("heading", name=re.compile(f"Alan {mark}"))).to_be_visible()


def test_the_owner_adds_somebody_who_then_reads_on(company, ada, mark):
    grace, alan = company.join("Grace Hopper"), company.join(f"Alan {mark}")
    group = ada.begin(grace, name="Engines")
    alan.go()
    grace.enter(group)

    ada.go(f"/chat/{group}/members/")
    ada.page.get_by_label("Search for people").press_sequentially(mark)
    ada.page.get_by_label(alan.name).check()
    ada.page.get_by_role("button", name="Add", exact=True).click()

    expect(ada.page.locator(".members")).to_contain_text(alan.name)
    expect(alan.line("Engines")).to_be_visible()
    expect(grace.page.locator("[data-field=about]")).to_have_text(re.compile("^3 people"))


def test_a_member_leaves(company, ada):
    grace = company.join("Grace Hopper")
    group = ada.begin(grace, name="Engines")
    ada.enter(group)
    grace.enter(group)
    expect(ada.page.locator("[data-field=about]")).to_have_text("2 people, 2 online")

    grace.page.get_by_role("link", name="Members").click()
    expect(grace.page.get_by_role("button", name="Rename")).to_have_count(0)
    grace.page.get_by_role("button", name="Leave the group").click()

    expect(grace.page.get_by_text("No conversations yet")).to_be_visible()
    expect(ada.page.locator("[data-field=about]")).to_have_text("1 people")
