"""Chat for those who use no mouse, hear the page, want things to keep still, or have no JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chatting import Company, shows
from tests.browser.test_accessibility import MOVING, tabbed_through

WEAKEST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colour = rgb(getComputedStyle(element).backgroundColor);
    return colour[3] === 255 || !element.parentElement ? colour : behind(element.parentElement);
  };
  const contrasts = [...document.querySelectorAll(".chat *")]
    .filter((one) => one.checkVisibility())
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((one) => !one.classList.contains("visually-hidden"))
    .map((one) => {
      const [a, b] = [light(rgb(getComputedStyle(one).color)), light(behind(one))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.outerHTML];
    });
  return contrasts.sort(([a], [b]) => a - b)[0];
}"""


@pytest.fixture
def company(open_context, stack) -> Company:
    return Company(open_context, stack)


@pytest.fixture
def ada(company):
    return company.join("Ada Lovelace")


@pytest.mark.parametrize("path", ["/chat/", "/chat/new/", "thread", "members"])
def test_whatever_has_the_focus_shows_it(company, ada, path):
    group = ada.begin(company.join("Grace Hopper"), name="Engines")
    ada.post(group, "something to change")
    paths = {"thread": f"/chat/{group}/", "members": f"/chat/{group}/members/"}
    ada.go(paths.get(path, path))
    ada.page.evaluate("document.activeElement.blur()")
    ada.page.evaluate("document.querySelector('.skip-link').focus()")

    ringless = [name for name, has_ring in tabbed_through(ada.page) if not has_ring]

    assert ringless == []


def test_a_message_is_changed_with_the_keyboard_alone(company, ada):
    ada.enter(ada.begin(company.join("Grace Hopper")))
    ada.send("teh engine")
    shows(ada, ["teh engine"])

    ada.page.keyboard.press("ArrowUp")
    expect(ada.page.get_by_label("Edit the message")).to_be_focused()
    ada.page.keyboard.press("Control+A")
    ada.page.keyboard.type("the engine")
    ada.page.keyboard.press("Enter")

    shows(ada, ["the engine"])
    expect(ada.page.get_by_label("Message", exact=True)).to_be_focused()
    ada.page.keyboard.press("Shift+Tab")
    expect(ada.page.get_by_label("Change this message")).to_be_focused()
    ada.page.keyboard.press("Enter")
    ada.page.keyboard.press("Tab")
    expect(ada.page.get_by_role("button", name="Edit")).to_be_focused()
    ada.page.keyboard.press("Escape")
    expect(ada.page.get_by_label("Change this message")).to_be_focused()
    expect(ada.page.get_by_role("button", name="Edit")).to_be_hidden()


def test_what_comes_is_said_to_those_who_hear_the_page(company, ada):
    grace = company.join("Grace Hopper")
    two = ada.begin(grace)
    grace.enter(two)
    announcer = grace.page.locator("#announcer")

    ada.post(two, "hello")
    expect(announcer).to_have_text("Ada Lovelace: hello")
    ada.post(two, "one", "two")

    expect(announcer).to_have_text(re.compile("^(2 new messages. The last: )?Ada Lovelace: two$"))
    expect(grace.page.get_by_role("log", name="Messages")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_can_be_read(company, theme):
    ada, grace = (company.join(name, color_scheme=theme) for name in ("Ada Lovelace", "Grace Hopper"))
    group = ada.begin(grace, name="Engines")
    ada.post(group, "mine")
    grace.post(group, "hers")
    ada.enter(group)
    shows(ada, ["mine", "hers"])

    contrast, element = ada.page.evaluate(WEAKEST)

    assert contrast >= 4.5, element


def test_nothing_moves_for_those_who_want_it_still(company, ada):
    lively, still = (company.join(name, reduced_motion=motion) for name, motion in MOTIONS)
    group = ada.begin(lively, still, name="Engines")
    for chatter in (ada, lively, still):
        chatter.enter(group)

    ada.type("Well")

    for chatter in (lively, still):
        expect(chatter.page.locator("#typing")).to_be_visible()
    assert lively.page.evaluate(MOVING) > 0
    expect(still.page.locator("#heart")).to_be_visible()
    assert still.page.evaluate(MOVING) == 0


MOTIONS = (("Lively", "no-preference"), ("Still", "reduce"))


def test_without_javascript_one_reads_and_answers(company, ada):
    plain = company.join("Plain Jane", java_script_enabled=False)
    two = ada.begin(plain)
    ada.post(two, *(f"message {number}" for number in range(60)))

    plain.page.goto(f"{plain.url}/chat/")
    plain.line("Ada Lovelace").get_by_role("link").click()
    expect(plain.entry("message 59")).to_be_in_viewport()
    plain.page.get_by_role("button", name="Mark as read").click()
    expect(plain.page).to_have_title("Ada Lovelace · Chat · Pingpong")
    plain.page.get_by_role("link", name="Older messages").click()
    expect(plain.entry("message 0")).to_be_attached()
    plain.page.get_by_label("Message", exact=True).fill("an answer")
    plain.page.get_by_role("button", name="Send").click()

    expect(plain.entry("an answer")).to_be_in_viewport()
    expect(plain.page.locator("#typing")).to_be_hidden()
