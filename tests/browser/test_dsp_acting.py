"""What people do with submissions in a browser: choose many, upload, mend what is wrong."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.chatting import Chatter, Company
from tests.browser.submitting import entity, names, row, submit


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def ada(company) -> Chatter:
    return company.join("Ada Lovelace")


def test_all_on_the_page_are_chosen_at_once(ada):
    submit(ada, *(entity(f"one-{number}") for number in range(3)))
    page = ada.go("/dsp/")

    page.get_by_label("All on this page").check()
    expect(page.locator("#chosen-count")).to_have_text("3 chosen")
    row(page, "one-1").get_by_role("checkbox").uncheck()
    expect(page.get_by_label("All on this page")).to_have_js_property("indeterminate", True)
    page.get_by_role("button", name="Cancel the chosen").click()

    expect(page.get_by_text("Cancelled: 2 entities (one-2 and one-0).")).to_be_visible()
    expect(row(page, "one-1").locator(".dsp-state")).to_have_text("pending")
    expect(row(page, "one-2").locator(".dsp-state")).to_have_text("cancelled")


def test_a_graph_is_uploaded(ada):
    page = ada.go("/dsp/")
    page.get_by_role("link", name="New").click()
    graph = json.dumps([entity("up"), entity("down", "up", entity_type="ad")]).encode()

    page.get_by_label("A file of JSON").set_input_files(
        {"name": "graph.json", "mimeType": "application/json", "buffer": graph}
    )
    page.get_by_role("button", name="Create all").click()

    expect(page.get_by_text("2 entities were created.")).to_be_visible()
    expect(names(page)).to_have_text(["down", "up"])


def test_what_is_wrong_is_said_at_the_field(ada):
    page = ada.go("/dsp/new/")
    page.get_by_label("Ref").fill("kept")
    page.get_by_label("Payload").fill("{")
    page.get_by_role("button", name="Create", exact=True).click()

    payload = page.get_by_label("Payload")
    expect(payload).to_be_focused()
    expect(payload).to_have_accessible_description(re.compile("is not valid JSON"))
    expect(page.get_by_label("Ref")).to_have_value("kept")


def test_without_javascript_everything_can_be_done(company):
    ada = company.join("Ada Lovelace", java_script_enabled=False)
    submit(ada, entity("one"), entity("two"))
    page = ada.page
    page.goto(f"{ada.url}/dsp/")
    expect(page.get_by_label("All on this page")).to_be_hidden()

    page.get_by_label("Choose one").check()
    page.get_by_role("button", name="Cancel the chosen").click()
    expect(page.get_by_text("Cancelled: 1 entity (one).")).to_be_visible()
    page.get_by_role("link", name="cancelled 1").click()
    expect(names(page)).to_have_text(["one"])
    page.get_by_role("link", name="one", exact=True).click()
    page.get_by_role("button", name="Retry").click()

    expect(page.locator("h1 + .task-state")).to_have_text("pending")
