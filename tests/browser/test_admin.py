"""Administrators in a browser."""

import uuid

import pytest
from playwright.sync_api import Page, expect

from pingpong import create_app
from pingpong.accounts.models import User
from pingpong.extensions import db
from pingpong.settings import load_settings
from tests.people import PASSWORD


@pytest.fixture
def make_person(stack):
    """Put somebody into the stack's database."""
    app = create_app(load_settings(database_url=stack.database_url, redis_url=stack.redis_url))

    def make(**fields: object) -> str:
        with app.app_context():
            email = f"{uuid.uuid4().hex[:12]}@example.com"
            User.register(email=email, password=PASSWORD, **fields)
            db.engine.dispose()
            return email

    return make


@pytest.fixture
def enter(open_page):
    """Log somebody in, in a browser of their own, which talks to no other host."""

    def log_in(email: str, path: str) -> Page:
        page = open_page(f"/login/?next={path}")
        page.on("request", lambda request: page.hosts.add(request.url.split("/")[2]))
        page.hosts = set()
        page.get_by_label("Username or e-mail address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        return page

    return log_in


def test_an_administrator_finds_a_session_and_ends_it(make_person, enter):
    email = make_person()
    theirs = enter(email, "/profile/")
    page = enter(make_person(is_admin=True), "/admin/")
    expect(page.get_by_role("heading", name="Administration")).to_be_visible()

    page.get_by_role("link", name="Sessions").click()
    page.get_by_placeholder("Search").fill(email)
    page.keyboard.press("Enter")
    expect(page.get_by_text(email)).to_be_visible()
    page.locator("input.action-checkbox").first.check()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_text("With selected").click()
    page.get_by_text("End", exact=True).click()
    expect(page.get_by_text(email)).to_be_visible()

    theirs.reload()
    expect(theirs.get_by_role("button", name="Log in")).to_be_visible()
    assert page.hosts == {page.url.split("/")[2]}


def test_an_administrator_looks_into_the_queues(make_person, enter):
    page = enter(make_person(is_admin=True), "/admin/rq/")

    expect(page.get_by_role("cell", name="heartbeat")).to_be_visible()
    page.get_by_role("link", name="Workers").first.click()
    expect(page.get_by_text("worker").first).to_be_visible()

    assert page.hosts == {page.url.split("/")[2]}
