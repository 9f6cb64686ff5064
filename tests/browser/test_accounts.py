"""People in browsers: they register, run tasks, follow them, and see nobody else's."""

import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import is_live
from tests.people import PASSWORD

LONG = "10000000000"


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.com"


@pytest.fixture
def registered(open_page, email) -> Page:
    """Somebody's browser, just after they registered."""
    page = open_page("/register/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    return page


def log_in(page: Page, email: str) -> None:
    page.get_by_label("Username or e-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def run(page: Page, kind: str, **fields: str) -> None:
    """Open a kind's form on the tasks page and send it."""
    page.goto("/".join(page.url.split("/")[:3]) + "/tasks/")
    page.locator("summary", has_text=kind).click()
    form = page.get_by_role("form", name=kind)
    for label, text in fields.items():
        form.get_by_label(label.replace("_", " ").capitalize()).fill(text)
    form.get_by_role("button", name="Run").click()


def row(page: Page, kind: str):
    return page.locator("#history tbody tr").filter(has_text=kind).first


def test_a_person_registers_logs_out_and_in_again(registered, email):
    registered.get_by_role("button", name="Log out").click()
    expect(registered.get_by_role("link", name="Log in")).to_be_visible()

    registered.get_by_role("link", name="Tasks").click()
    log_in(registered, email)

    expect(registered.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()
    expect(registered.get_by_role("link", name=email)).to_be_visible()


@pytest.mark.parametrize(
    ("kind", "fields", "answer"),
    [
        ("ping", {"text": "hello"}, "pong hello"),
        ("reverse_string", {"text": "hello"}, "olleh"),
        ("generate_random_number", {"min_value": "7", "max_value": "7"}, '"number": 7'),
        ("count_primes", {"limit": "1000"}, '"count": 168'),
    ],
)
def test_each_kind_is_run_and_its_answer_comes_by_itself(registered, kind, fields, answer):
    run(registered, kind, **fields)

    expect(registered.locator(".task-result")).to_contain_text(answer)


def test_a_kind_that_fails_says_why(registered):
    run(registered, "fetch_title", url="http://127.0.0.1/")

    expect(registered.get_by_text("This server is not public.").first).to_be_visible()


def test_another_browser_of_the_same_person_follows_and_nobody_elses_does(
    registered, open_page, email, stack
):
    second = open_page("/login/?next=/tasks/")
    log_in(second, email)
    is_live(second)
    stranger = open_page("/")
    is_live(stranger)

    run(registered, "count_primes", limit=LONG)
    expect(row(second, "count_primes").locator(".state")).to_have_text("running")
    expect(row(second, "count_primes").locator("progress")).to_be_visible()
    expect(registered.locator("[data-field=progress]")).not_to_have_text("0 %")
    registered.get_by_role("button", name="Cancel").click()

    expect(row(second, "count_primes").locator(".state")).to_have_text("cancelled")
    expect(registered.get_by_role("button", name="Try again")).to_be_visible()
    expect(stranger.locator("#feed")).not_to_contain_text("count_primes")


def test_the_home_page_of_a_person_shows_public_messages_only(registered, open_page, email):
    home = open_page("/login/")
    log_in(home, email)
    is_live(home)

    run(registered, "reverse_string", text="private matter")
    expect(registered.locator(".task-result")).to_contain_text("rettam")
    run(registered, "ping", text="public matter")

    expect(home.locator("#feed")).to_contain_text("pong public matter")
    expect(home.locator("#feed")).not_to_contain_text("private matter")


def test_a_page_that_was_left_open_hears_nothing_of_who_logs_in_next(registered, open_page, email):
    """Two people, one after the other, in the same browser."""
    left_open = registered
    left_open.goto(left_open.url + "tasks/")
    is_live(left_open)
    tab = left_open.context.new_page()
    tab.goto(left_open.url.replace("tasks/", ""))
    tab.get_by_role("button", name="Log out").click()
    expect(tab.get_by_role("link", name="Log in")).to_be_visible()

    tab.goto(left_open.url.replace("tasks/", "register/"))
    tab.get_by_label("E-mail address").fill(f"second-{email}")
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_label("Password again").fill(PASSWORD)
    tab.get_by_role("button", name="Register").click()
    run(tab, "reverse_string", text="of the second person")
    expect(tab.locator(".task-result")).to_contain_text("nosrep")

    is_live(left_open)
    expect(left_open.locator("#history")).not_to_contain_text("of the second person")
