"""`python -m tests.browser.screenshots` makes docs/img: each page in both themes, and some on a phone."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chatting import Chatter, Company
from tests.browser.conftest import QUIET, chromium, is_live, rally, send
from tests.browser.events import administrator
from tests.browser.events import fill as fill_events
from tests.browser.submitting import fill
from tests.people import PASSWORD
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

TALK = (
    (0, "Does the engine weave algebraic patterns by now?"),
    (1, "Just as the loom weaves flowers and leaves. The tests are green, too."),
    (2, "How many cards did it take?"),
    (1, "Seventy-two, and one that was upside down"),
    (1, "נתראה בשמונה ליד המכונה"),
    (0, "Then it goes out tonight. Nobody touches the handle until eight, please."),
    (2, "I was never here"),
)

KINDS = (
    ("reverse_string", "Text", "A man, a plan, a canal: Panama"),
    ("generate_random_number", "Max value", "6"),
    ("fetch_title", "Url", "http://127.0.0.1/"),
)

AT_ONCE = "element => element.scrollIntoView({ behavior: 'instant' })"


def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, _stack(home) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        _fill(browser, stack)
        somebody = _register(browser, stack)
        for theme in ("light", "dark"):
            _take_all(browser, stack, theme)
            _take_own(browser, stack, somebody, theme)
        _take_home(browser, stack, "home-phone-light", color_scheme="light", viewport=PHONE)
        _take_chat(browser, stack)
        _take_submissions(browser, stack)
        _take_events(browser, stack)
        browser.close()


def _stack(home: str) -> Stack:
    """With a third party and a ClickHouse that nothing is sent to: what becomes of all is made up."""
    nowhere = {"DSP_API_URL": "http://127.0.0.1:9", "CLICKHOUSE_URL": "clickhouse://127.0.0.1:9/default"}
    return Stack(Path(home), DSP_PICK_EVERY_S="86400", **nowhere)


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


def _register(browser: Browser, stack: Stack) -> str:
    """Somebody with tasks of each outcome; returns the session cookie."""
    page = _open(browser, f"{stack.url}/register/")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Name", exact=False).last.fill("Ada Lovelace")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    for kind, label, text in KINDS:
        page.goto(f"{stack.url}/tasks/")
        page.locator("summary", has_text=kind).click()
        page.get_by_role("form", name=kind).get_by_label(label).fill(text)
        page.get_by_role("form", name=kind).get_by_role("button", name="Run").click()
        expect(page.locator("#task:is([data-status=done], [data-status=failed])")).to_be_visible()
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie["name"] == "session"]
    page.context.close()
    return str(cookie["value"])


def _take_own(browser: Browser, stack: Stack, session: str, theme: str) -> None:
    """The pages of somebody who is logged in, and the way in."""
    page = _open(browser, f"{stack.url}/login/", color_scheme=theme, viewport=DESKTOP)
    _take(page, f"login-{theme}")
    context = browser.new_context(color_scheme=theme, viewport=DESKTOP)
    context.add_cookies([{"name": "session", "value": session, "url": stack.url}])
    page = context.new_page()
    page.goto(f"{stack.url}/profile/")
    page.screenshot(path=IMAGES / f"profile-{theme}.png")
    page.goto(f"{stack.url}/tasks/")
    page.locator("summary", has_text="count_primes").click()
    page.get_by_role("form", name="count_primes").get_by_label("Limit").fill("10000000000")
    page.get_by_role("form", name="count_primes").get_by_role("button", name="Run").click()
    expect(page.locator("[data-field=progress]")).not_to_have_text("0 %")
    page.screenshot(path=IMAGES / f"task-{theme}.png")
    page.get_by_role("link", name="All your tasks").click()
    is_live(page)
    expect(page.locator("#history tr[data-status=running] .state-progress")).not_to_be_empty()
    page.screenshot(path=IMAGES / f"tasks-{theme}.png")
    page.locator("#history a.when").first.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    context.close()


def _take_home(browser: Browser, stack: Stack, name: str, **options: object) -> None:
    page = _open(browser, stack.url, **options)
    send(page, "and one that is still on its way")
    expect(rally(page, "and one that is still on its way").first).to_have_attribute("data-status", "running")
    _take(page, name)


def _take_chat(browser: Browser, stack: Stack) -> None:
    """Three who talk, seen by the first of them, while another one types."""
    company = Company(browser.new_context, stack)
    ada, grace, alan = (company.join(name) for name in ("Ada Lovelace", "Grace Hopper", "Alan Turing"))
    katherine = company.join("Katherine Johnson")
    katherine.post(katherine.begin(ada), "The numbers are right.", "I checked them twice.")
    alan.post(alan.begin(ada), "Lunch?")
    group = ada.begin(grace, alan, name="Analytical Engines")
    alan.enter(alan.begin(grace))
    grace.enter(group)
    for speaker, text in TALK:
        (ada, grace, alan)[speaker].post(group, text)
    for theme, viewport, name in (
        ("light", DESKTOP, "chat-light"),
        ("dark", DESKTOP, "chat-dark"),
        ("light", PHONE, "chat-phone-light"),
    ):
        ada.page.emulate_media(color_scheme=theme)
        ada.page.set_viewport_size(viewport)
        _wait_for_all(ada, grace, group)
        ada.page.screenshot(path=IMAGES / f"{name}.png")


def _wait_for_all(ada: Chatter, grace: Chatter, group: str) -> None:
    ada.enter(group)
    expect(ada.page.locator("#heart")).to_have_attribute("data-state", "beating")
    expect(ada.line("Alan Turing").locator(".face-dot")).to_be_attached()
    grace.page.get_by_label("Message", exact=True).fill("")
    grace.type("So")
    expect(ada.page.locator("#typing")).to_be_visible()


def _take_submissions(browser: Browser, stack: Stack) -> None:
    """A graph of which each part has come a different way: the list, and one in the middle."""
    ada = Company(browser.new_context, stack).join("Ada Lovelace")
    ids = fill(ada, stack)
    for theme, viewport, name in (
        ("light", DESKTOP, "light"),
        ("dark", DESKTOP, "dark"),
        ("light", PHONE, "phone-light"),
    ):
        ada.page.emulate_media(color_scheme=theme)
        ada.page.set_viewport_size(viewport)
        for page, path in (("dsp", "/dsp/"), ("entity", f"/dsp/{ids['ad-group-2']}/")):
            ada.go(path)
            expect(ada.page.locator("#heart")).to_have_attribute("data-state", "beating")
            if page == "entity":
                ada.page.locator("#graph-title").evaluate(AT_ONCE)
            ada.page.screenshot(path=IMAGES / f"{page}-{name}.png")


def _take_events(browser: Browser, stack: Stack) -> None:
    """The event log, as an administrator sees it."""
    root = administrator(Company(browser.new_context, stack), stack)
    fill_events(stack, root.id)
    for theme, viewport, name in (
        ("light", DESKTOP, "light"),
        ("dark", DESKTOP, "dark"),
        ("light", PHONE, "phone-light"),
    ):
        root.page.emulate_media(color_scheme=theme)
        root.page.set_viewport_size(viewport)
        root.go("/events-log/")
        expect(root.page.locator("#heart")).to_have_attribute("data-state", "beating")
        root.page.screenshot(path=IMAGES / f"events-log-{name}.png")


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
