"""What a page does with its stream when the news is rare: repeated, late, lost or out of order."""

from playwright.sync_api import expect

from tests.browser.conftest import rally, submit
from tests.browser.told import a_task
from tests.waiting import wait_until

MOVES_ON_WITHIN_MS = 500
READS_AGAIN_WITHIN_MS = 3_000
TWO_BEATS_MS = 6_000
DEAD_AFTER_MS = 50_000


def test_a_page_moves_on_at_once_when_its_web_process_leaves(open_told):
    page, news = open_told()
    news.tell(a_task("the last before"))

    news.shut_down()
    page.clock.run_for(MOVES_ON_WITHIN_MS)

    assert [stream["last_event_id"] for stream in news.open_streams] == [news.last_id]


def test_a_connection_that_is_dead_without_a_word_is_made_anew(open_told):
    page, news = open_told()
    page.evaluate("streams[0].isFirst = true")

    page.clock.fast_forward(DEAD_AFTER_MS)

    assert len(news.open_streams) == 1
    assert not page.evaluate("streams.at(-1).isFirst")


def test_repeated_news_does_not_bring_back_what_has_gone(open_told):
    page, news = open_told("/history/?status=running")
    message = a_task("soon done")
    news.tell(message)
    expect(page.get_by_text("soon done", exact=True)).to_be_visible()
    told_as = news.last_id

    news.tell({**message, "status": "done"})
    news.repeat(message, told_as)

    expect(page.get_by_text("soon done", exact=True)).to_have_count(0)


def test_late_news_does_not_turn_an_answer_back(open_told):
    page, news = open_told()
    message = a_task("answered", "done")

    news.tell(message, {**message, "status": "running", "reply": None})

    expect(rally(page, "answered")).to_have_attribute("data-status", "done")
    expect(rally(page, "answered")).to_contain_text("pong answered")


def test_what_the_stream_cannot_tell_is_read_again(open_told, stack):
    home, home_news = open_told("/")
    history, history_news = open_told("/history/?q=only+read")
    submit(home, "no match")
    task = submit(home, "only read")
    message, message_news = open_told(f"/pings/{task['id']}/")
    result = f"{stack.url}/api/tasks/results/{task['id']}/"
    wait_until(lambda: home.request.get(result).json()["status"] == "done")

    for page, news in ((home, home_news), (history, history_news), (message, message_news)):
        news.reset()
        page.clock.run_for(READS_AGAIN_WITHIN_MS)

    expect(rally(home, "only read")).to_contain_text("pong only read")
    expect(history.locator("#history tbody tr")).to_have_count(1)
    expect(history.locator("#history tbody tr")).to_contain_text("pong only read")
    expect(message.locator("#message li")).to_have_attribute("data-status", "done")
