"""People who chat, each with a browser of their own."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import requests
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.people import PASSWORD
from tests.stack import Stack


@dataclass
class Chatter:
    """Somebody who is logged in, in a browser."""

    name: str
    id: str
    url: str
    page: Page
    bearer: dict[str, str]

    def go(self, path: str = "/chat/") -> Page:
        """Open a page and wait until it hears the news."""
        self.page.goto(self.url + path)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()
        return self.page

    def enter(self, conversation: str) -> Page:
        """Open a conversation, and wait until its socket hears what is said."""
        with self.page.expect_websocket(lambda socket: "/ws/chat/" in socket.url):
            self.go(f"/chat/{conversation}/")
        return self.page

    def type(self, text: str) -> None:
        """Write into the field, as fingers do."""
        self.page.get_by_label("Message", exact=True).press_sequentially(text)

    def send(self, *texts: str) -> None:
        """Write and send, one after the other."""
        for text in texts:
            self.page.get_by_label("Message", exact=True).fill(text)
            self.page.get_by_label("Message", exact=True).press("Enter")

    def choose(self, text: str, action: str) -> None:
        """Open the menu of a message and choose from it."""
        self.entry(text).hover()
        self.entry(text).get_by_label("Change this message").click()
        self.entry(text).get_by_role("button", name=action).click()

    def edit(self, text: str, wanted: str) -> None:
        """Have a message say something else."""
        self.choose(text, "Edit")
        self.page.get_by_label("Edit the message").fill(wanted)
        self.page.get_by_label("Edit the message").press("Enter")

    def post(self, conversation: str, *texts: str) -> None:
        """Say something past the page, as from another device."""
        for text in texts:
            data = {"message": text}
            answer = requests.post(f"{self.url}/chat/{conversation}/", data, headers=self.bearer, timeout=10)
            assert answer.ok, answer.text

    def begin(self, *others: "Chatter", name: str | None = None) -> str:
        """Begin a conversation; returns its id."""
        body = {"participants": [other.id for other in others], "name": name}
        made = requests.post(
            f"{self.url}/api/chat/conversations/", json=body, headers=self.bearer, timeout=10
        )
        assert made.ok, made.text
        return str(made.json()["id"])

    def entry(self, text: str, page: Page | None = None) -> Locator:
        """A message in the thread."""
        return (
            (page or self.page)
            .locator(".entry")
            .filter(has=self.page.locator("[data-field=text]", has_text=text))
        )

    def line(self, title: str, page: Page | None = None) -> Locator:
        """A conversation in the list."""
        return (
            (page or self.page)
            .locator(".chat-line")
            .filter(has=self.page.locator("[data-field=title]", has_text=title))
        )

    @property
    def said(self) -> list[str]:
        """What the thread shows, oldest first."""
        return self.page.locator(".entry [data-field=text]").all_text_contents()


Three = tuple[Chatter, Chatter, Chatter]


class Company:
    """Lets people come, each in a browser of their own."""

    def __init__(self, open_context: Callable[..., BrowserContext], stack: Stack) -> None:
        self._open_context = open_context
        self._url = stack.url

    def join(self, name: str, **options: object) -> Chatter:
        """Somebody new, who has logged in."""
        account = {"email": f"{uuid.uuid4().hex[:12]}@example.com", "password": PASSWORD}
        requests.post(f"{self._url}/api/users/register/", json={**account, "name": name}, timeout=10)
        known = requests.post(f"{self._url}/api/users/login/", json=account, timeout=10)
        context = self._open_context(**options)
        context.add_cookies([{"name": "session", "value": known.cookies["session"], "url": self._url}])
        bearer = {"Authorization": f"Bearer {known.json()['access']}"}
        return Chatter(name, known.json()["user"]["id"], self._url, context.new_page(), bearer)


def come(company: Company) -> Three:
    """Three people who look at the same group."""
    ada, grace, alan = (company.join(name) for name in ("Ada Lovelace", "Grace Hopper", "Alan Turing"))
    group = ada.begin(grace, alan, name="Engines")
    for chatter in (ada, grace, alan):
        chatter.enter(group)
    return ada, grace, alan


def shows(chatter: Chatter, texts: list[str]) -> None:
    """Wait until a thread shows just these messages, in this order, and all of them are sent."""
    entries = chatter.page.locator(".entry [data-field=text]")
    expect(entries).to_have_text(texts)
    expect(chatter.page.locator(".entry[data-status]")).to_have_count(0)


def look_away(page: Page) -> None:
    """As if the reader had gone to another tab."""
    page.evaluate(SEEN, False)


def look_back(page: Page) -> None:
    """As if the reader were there again."""
    page.evaluate(SEEN, True)


SEEN = """isSeen => {
  Object.defineProperty(document, "hidden", { value: !isSeen, configurable: true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
