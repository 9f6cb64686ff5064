"""The rows of the home page: whose, which, how many and in which order."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import held, rally, send
from tests.browser.told import a_task

SECOND = timedelta(seconds=1)


def test_the_newest_is_first_in_whatever_order_the_news_comes(open_told):
    page, news = open_told()
    now = datetime.now(UTC)

    news.tell(a_task("third", submitted_at=now + 3 * SECOND))
    news.tell(a_task("first", submitted_at=now + SECOND), a_task("second", submitted_at=now + 2 * SECOND))

    texts = page.locator("#feed > li [data-field=asked]").all_inner_texts()
    assert texts[:3] == ["third", "second", "first"]


def test_the_newest_twenty_five_are_shown(open_told):
    page, news = open_told()
    now = datetime.now(UTC)

    news.tell(*(a_task(f"of many {number}", submitted_at=now + number * SECOND) for number in range(30)))

    texts = page.locator("#feed > li [data-field=asked]").all_inner_texts()
    assert texts == [f"of many {number}" for number in range(29, 4, -1)]


def test_ones_own_message_is_shown_once_though_the_news_is_faster_than_the_answer(open_told):
    page, news = open_told()
    waiting = held(page, "**/submit/")
    send(page, "faster")
    task = a_task("faster", "queued", datetime.now(UTC) + SECOND)

    news.tell({**task, "status": "running"})
    expect(rally(page, "faster")).to_have_count(1)
    waiting().fulfill(status=202, json=task)

    expect(rally(page, "faster")).to_have_attribute("data-status", "running")
    expect(rally(page, "faster")).to_have_count(1)


def test_many_pongs_at_once_are_one_sentence_for_those_who_listen(open_told):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    page, news = open_told(at=start)
    page.clock.pause_at(start + 30 * SECOND)
    sentence = page.locator("#announcer")

    news.tell(*(a_task(name, "done") for name in ("one", "two", "three")))
    page.clock.run_for(1)
    expect(sentence).to_have_text("3 new pongs. The last: pong three")

    news.tell(a_task("four", "done"))
    page.clock.run_for(1_000)
    news.tell(a_task("five", "done"))
    expect(sentence).to_have_text("3 new pongs. The last: pong three")
    page.clock.run_for(1_000)
    expect(sentence).to_have_text("2 new pongs. The last: pong five")


def test_the_ring_stands_where_it_should_though_the_browsers_clock_is_an_hour_wrong(open_told):
    now = datetime.now(UTC)
    page, news = open_told(at=now + timedelta(hours=1))

    news.beat(now + 60 * SECOND)
    news.tell(a_task("a second old", submitted_at=now + 59 * SECOND))

    age = (
        rally(page, "a second old").locator(".ring").evaluate("ring => ring.style.getPropertyValue('--age')")
    )
    assert re.fullmatch(r"\d+ms", age)
    assert 1_000 <= int(age.removesuffix("ms")) < 60_000
