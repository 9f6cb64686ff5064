"""A real browser on the real stack."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import requests
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Route, expect

from tests.browser.told import MADE_UP, News
from tests.stack import Stack
from tests.waiting import wait_until

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ANSWERED_WITHIN_MS = 30_000
KNOWS_THE_NEWS = re.compile(r'data-last-event-id="\d')
UNREACHABLE = ("Failed to load resource", "WebSocket connection to")
"""What a browser itself complains of when the server is away."""

expect.set_options(timeout=ANSWERED_WITHIN_MS)


def chromium() -> str:
    """The browser that is installed; bin/ensure-browser looks for the same names."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    assert found, "no Chromium on the PATH: run bin/ensure-browser"
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    return {"executable_path": chromium(), "args": list(QUIET)}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # A third party that nothing is sent to: a test says itself what becomes of what is submitted.
    submissions = {"DSP_API_URL": "http://127.0.0.1:9", "DSP_PICK_EVERY_S": "86400"}
    with Stack(tmp_path_factory.mktemp("browser"), **submissions) as running:
        yield running


@pytest.fixture
def old_news(stack: Stack) -> None:
    """Something was in the news before: a page that begins with none reads itself twice."""
    requests.post(f"{stack.url}/submit/", json={"message": "old news"}, timeout=10).raise_for_status()
    wait_until(lambda: KNOWS_THE_NEWS.search(requests.get(stack.url, timeout=10).text))


@pytest.fixture
def complaints() -> list[str]:
    """What the pages of this test complained of in the console."""
    return []


@pytest.fixture
def open_context(
    new_context: Callable[..., BrowserContext], complaints: list[str]
) -> Callable[..., BrowserContext]:
    """Open another browser: a profile of its own. Fails the test for errors in its console."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(UNREACHABLE):
            complaints.append(message.text)

    def open_it(**options: object) -> BrowserContext:
        context = new_context(**options)
        context.on("console", note)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context

    return open_it


@pytest.fixture
def open_page(open_context: Callable[..., BrowserContext], stack: Stack) -> Callable[..., Page]:
    """Open a page in another browser."""

    def open_it(path: str = "/", **options: object) -> Page:
        page = open_context(**options).new_page()
        page.goto(stack.url + path)
        return page

    return open_it


@pytest.fixture
def open_told(open_context: Callable[..., BrowserContext], stack: Stack) -> Callable[..., tuple[Page, News]]:
    """Open a page in another browser, with the news and the clock in the test's hand."""

    def open_it(path: str = "/", at: datetime | None = None, **options: object) -> tuple[Page, News]:
        page = open_context(**options).new_page()
        page.add_init_script(MADE_UP)
        page.clock.install(time=at)
        page.goto(stack.url + path)
        is_live(page)
        return page, News(page)

    return open_it


@pytest.fixture(autouse=True)
def _no_complaints(complaints: list[str]) -> Iterator[None]:
    yield
    assert complaints == []


def send(page: Page, message: str) -> None:
    """Type a message and send it."""
    page.get_by_label("Message").fill(message)
    page.get_by_role("button", name="Send").click()


def submit(page: Page, message: str) -> dict:
    """Send a message past the page, as another program would."""
    answer = page.request.post("/".join(page.url.split("/")[:3]) + "/submit/", data={"message": message})
    assert answer.status == 202
    return answer.json()


def held(page: Page, address: str) -> Callable[[], Route]:
    """Hold back requests to an address; returns what waits for the first of them and gives it to the test."""
    routes: list[Route] = []

    def keep(route: Route) -> None:
        routes.append(route)

    def first() -> Route:
        # Playwright hears of requests only while it is asked something.
        return wait_until(lambda: page.title() is not None and routes, what=f"a request to {address}")[0]

    page.route(address, keep)
    return first


def rally(page: Page, message: str):
    """The row of a message on the home page."""
    return page.locator("#feed > li").filter(has=page.locator("[data-field=asked]", has_text=message))


def is_live(page: Page) -> None:
    """Wait until the page hears the news."""
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
