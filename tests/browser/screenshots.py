"""`python -m tests.browser.screenshots` makes docs/img: each page in both themes, and a phone's home."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import QUIET, chromium, is_live, rally, send
from tests.stack import Stack

IMAGES = Path(__file__).parents[2] / "docs" / "img"
DESKTOP = {"width": 1000, "height": 720}
PHONE = {"width": 390, "height": 720}
MESSAGES = (
    "Is the stream getting through the proxy?",
    "hello from the platform team",
    "שלום עולם",
    "Zażółć gęślą jaźń",
    "<b>bold?</b> No: shown as it was sent",
    "deploy 42 is out, does it still answer?",
)


def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, Stack(Path(home)) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        _fill(browser, stack)
        for theme in ("light", "dark"):
            _take_all(browser, stack, theme)
        _take_home(browser, stack, "home-phone-light", color_scheme="light", viewport=PHONE)
        browser.close()


def _fill(browser: Browser, stack: Stack) -> None:
    page = _open(browser, stack.url)
    for message in MESSAGES:
        send(page, message)
        expect(rally(page, message)).to_contain_text("pong")
    page.context.close()


def _take_all(browser: Browser, stack: Stack, theme: str) -> None:
    _take_home(browser, stack, f"home-{theme}", color_scheme=theme, viewport=DESKTOP)
    for name, path in (("history", "/history/"), ("error", "/nothing-here")):
        page = _open(browser, stack.url + path, color_scheme=theme, viewport=DESKTOP)
        _take(page, f"{name}-{theme}")
    page = _open(browser, stack.url, color_scheme=theme, viewport=DESKTOP)
    page.goto(str(page.locator("#feed a[href]").last.evaluate("link => link.href")))
    is_live(page)
    _take(page, f"message-{theme}")


def _take_home(browser: Browser, stack: Stack, name: str, **options: object) -> None:
    page = _open(browser, stack.url, **options)
    send(page, "and one that is still on its way")
    expect(rally(page, "and one that is still on its way").first).to_have_attribute("data-status", "running")
    _take(page, name)


def _open(browser: Browser, url: str, **options: object) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(url)
    is_live(page)
    expect(page.locator("#heart")).to_have_attribute("data-state", "beating")
    return page


def _take(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png")
    page.context.close()


if __name__ == "__main__":
    main()
