"""What becomes of an open page when its group or its session changes."""

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.chatting import Company


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def ada(company):
    return company.join("Ada Lovelace")


@pytest.fixture
def grace(company):
    return company.join("Grace Hopper")


def titles(page: Page):
    return page.locator(".chat-line [data-field=title]")


def test_a_group_that_is_renamed_is_so_everywhere(ada, grace):
    group = ada.begin(grace, name="Engines")
    grace.enter(group)

    ada.go(f"/chat/{group}/members/")
    ada.page.get_by_label("Name of the group").fill("Analytical engines")
    ada.page.get_by_role("button", name="Rename").click()

    expect(grace.page.get_by_role("heading", name="Analytical engines")).to_be_visible()
    expect(titles(grace.page)).to_have_text(["Analytical engines"])
    expect(grace.page).to_have_title(re.compile("^Analytical engines · Chat"))


def test_whoever_is_put_out_is_told_and_hears_nothing_more(ada, grace):
    group = ada.begin(grace, name="Engines")
    grace.enter(group)

    ada.go(f"/chat/{group}/members/")
    ada.page.get_by_role("button", name="Remove Grace Hopper").click()

    expect(grace.page.get_by_role("alert")).to_have_text("You no longer take part in this conversation.")
    expect(grace.line("Engines")).to_have_count(0)
    expect(grace.page.get_by_label("Message", exact=True)).to_have_count(0)


def test_whoever_logs_out_elsewhere_is_asked_to_log_in(ada, grace):
    two = ada.begin(grace)
    grace.enter(two)

    requests.post(f"{grace.url}/api/users/logout/", json={}, headers=grace.bearer, timeout=10)

    expect(grace.page).to_have_url(re.compile(f"/login/.next=/chat/{two}/"))
