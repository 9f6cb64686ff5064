"""Sending in chat: shown at once, sent again when it fails, and never lost."""

import json
import re

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.chatting import Chatter, Company, shows


class Between:
    """Stands between a page and the server, and answers messages itself, or not at all."""

    def __init__(self, chatter: Chatter) -> None:
        self.answer: dict[str, str] | None = None
        self.is_open = False
        self.is_deaf = False
        self.asked: list[str] = []
        chatter.page.route_web_socket(re.compile("/ws/chat/"), self._meet)

    def _meet(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(text: str) -> None:
            message = json.loads(text)
            if message["type"] != "message" or self.is_open:
                server.send(text)
                return
            self.asked.append(message["text"])
            if self.answer:
                route.send(json.dumps({"type": "error", **self.answer, "client_id": message["client_id"]}))

        route.on_message(pass_on)
        server.on_message(lambda text: None if self.is_deaf else route.send(str(text)))


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def grace(company):
    return company.join("Grace Hopper")


@pytest.fixture
def ada(company):
    return company.join("Ada Lovelace")


@pytest.fixture
def between(ada) -> Between:
    return Between(ada)


def test_a_message_is_shown_before_the_server_has_answered(ada, grace, between):
    ada.enter(ada.begin(grace))

    ada.send("on its way")

    expect(ada.entry("on its way")).to_have_attribute("data-status", "sending")
    expect(ada.page.get_by_label("Message", exact=True)).to_have_value("")


def test_a_message_that_is_refused_says_why_and_is_sent_again_on_demand(ada, grace, between):
    between.answer = {"code": "validation_error", "message": "text: is not nice"}
    two = ada.begin(grace)
    ada.enter(two)
    ada.send("not nice")
    expect(ada.entry("not nice")).to_contain_text("Not sent: text: is not nice")

    between.is_open = True
    ada.entry("not nice").get_by_role("button", name="Try again").click()

    shows(ada, ["not nice"])
    shows_to(grace, two, ["not nice"])


def test_a_refused_message_outlives_a_reload_until_it_is_discarded(ada, grace, between):
    between.answer = {"code": "validation_error", "message": "text: is not nice"}
    ada.enter(ada.begin(grace))
    ada.send("not nice")
    expect(ada.entry("not nice")).to_contain_text("Not sent")

    ada.page.reload()
    expect(ada.entry("not nice")).to_contain_text("Not sent: text: is not nice")
    ada.entry("not nice").get_by_role("button", name="Discard").click()
    expect(ada.entry("not nice")).to_have_count(0)
    ada.page.reload()

    expect(ada.page.get_by_text("The first word is yours")).to_be_visible()
    expect(ada.entry("not nice")).to_have_count(0)


def test_too_much_at_once_is_sent_again_by_itself(ada, grace, between):
    between.answer = {"code": "too_many_messages", "message": "At most 20 messages"}
    two = ada.begin(grace)
    ada.enter(two)

    ada.send("eager")
    expect(ada.entry("eager")).to_contain_text("Not sent yet, trying again")
    between.is_open = True

    shows(ada, ["eager"])
    shows_to(grace, two, ["eager"])


def shows_to(chatter: Chatter, conversation: str, texts: list[str]) -> None:
    chatter.go(f"/chat/{conversation}/")
    shows(chatter, texts)


def test_a_message_that_was_not_sent_is_after_a_reload(ada, grace, between):
    two = ada.begin(grace)
    ada.enter(two)
    ada.send("still here")
    expect(ada.entry("still here")).to_have_attribute("data-status", "sending")

    between.is_open = True
    ada.page.reload()

    shows(ada, ["still here"])
    shows_to(grace, two, ["still here"])


def test_a_message_whose_answer_was_lost_is_there_once(ada, grace, between):
    two = ada.begin(grace)
    ada.enter(two)
    between.is_open = between.is_deaf = True
    grace.enter(two)
    ada.send("heard by all but me")
    expect(grace.entry("heard by all but me")).to_be_visible()
    expect(ada.entry("heard by all but me")).to_have_attribute("data-status", "sending")

    between.is_deaf = False
    ada.page.reload()

    shows(ada, ["heard by all but me"])
