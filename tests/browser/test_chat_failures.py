"""A talk that goes on while one of three is offline, or the web process dies: nothing is missing."""

from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser.chatting import Chatter, Company, Three, come, shows
from tests.processes import wait_for_end
from tests.stack import Stack


@pytest.fixture(scope="module")
def breakable(tmp_path_factory) -> Iterator[Stack]:
    """Processes that this module may kill."""
    with Stack(tmp_path_factory.mktemp("chat")) as running:
        yield running


@pytest.fixture
def three(open_context, stack) -> Three:
    return come(Company(open_context, stack))


@pytest.fixture
def three_elsewhere(open_context, breakable) -> Three:
    return come(Company(open_context, breakable))


def agree(three: Three, texts: set[str]) -> None:
    """Wait until all show these messages, each once and in the same order, whatever that is."""
    for chatter in three:
        expect(chatter.page.locator(".entry")).to_have_count(len(texts))
    assert set(three[0].said) == texts
    for chatter in three:
        shows(chatter, three[0].said)


def test_who_was_offline_misses_nothing_and_nobody_misses_what_they_wrote(three):
    ada, grace, alan = three
    ada.send("before")
    expect(alan.entry("before")).to_be_visible()

    alan.page.context.set_offline(True)
    alan.send("from the tunnel")
    expect(alan.entry("from the tunnel")).to_contain_text("Not sent yet, trying again")
    ada.send("without you")
    grace.send("indeed")
    expect(ada.entry("indeed")).to_be_visible()
    expect(alan.entry("indeed")).to_have_count(0)
    alan.page.context.set_offline(False)

    agree(three, {"before", "without you", "indeed", "from the tunnel"})
    assert alan.said[-1] == "from the tunnel"


def test_a_web_process_that_is_killed_loses_nothing(three_elsewhere, breakable):
    ada, grace, alan = three_elsewhere
    ada.send("before")
    expect(alan.entry("before")).to_be_visible()

    kill_web(breakable)
    said = in_the_dark(ada, grace)
    breakable.start("web")

    agree(three_elsewhere, {"before", *said})
    alan.send("after")
    for chatter in (ada, grace):
        expect(chatter.entry("after")).to_be_visible()


def test_a_web_process_that_leaves_in_the_middle_of_a_talk_loses_nothing(three_elsewhere, breakable):
    ada, grace, _ = three_elsewhere
    said = talk(ada, "a")

    breakable.stop("web")
    breakable.start("web")
    said += talk(grace, "g")

    agree(three_elsewhere, set(said))


def kill_web(stack: Stack) -> None:
    """Gunicorn and its worker, with everything that the worker has in its hands."""
    [worker] = psutil.Process(stack.pid("web")).children()
    stack.kill("web")
    with suppress(psutil.NoSuchProcess):  # an orphan ends by itself
        worker.kill()
    wait_for_end([worker])


def in_the_dark(*chatters: Chatter) -> list[str]:
    """What these say while nobody hears it."""
    said = [f"{chatter.name} in the dark" for chatter in chatters]
    for chatter, text in zip(chatters, said, strict=True):
        chatter.send(text)
        expect(chatter.entry(text)).to_contain_text("Not sent yet, trying again")
    return said


def talk(chatter: Chatter, mark: str) -> list[str]:
    said = [f"{mark}{number}" for number in range(5)]
    chatter.send(*said)
    return said
