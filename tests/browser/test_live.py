"""One stream for all tabs, and nothing missing when it breaks."""

from playwright.sync_api import expect

from tests.browser.conftest import is_live, rally, send


def tabs(context, stack, count: int):
    pages = [context.new_page() for _ in range(count)]
    for page in pages:
        page.goto(stack.url)
    for page in pages:
        is_live(page)
    return pages


def test_the_sixth_and_seventh_tab_still_work(open_context, stack):
    pages = tabs(open_context(), stack, 7)

    send(pages[6], "from the seventh tab")

    for page in pages:
        expect(rally(page, "from the seventh tab")).to_contain_text("pong from the seventh tab")


def test_when_the_leading_tab_closes_another_goes_on(open_context, stack):
    leader, *others = tabs(open_context(), stack, 3)
    send(leader, "over a closing tab")
    expect(rally(others[0], "over a closing tab")).to_have_count(1)

    leader.close()

    for page in others:
        expect(rally(page, "over a closing tab")).to_contain_text("pong over a closing tab")
        expect(rally(page, "over a closing tab")).to_have_count(1)


def test_nothing_is_missing_or_doubled_after_a_web_process_was_replaced(open_page, stack):
    page, other = open_page(), open_page()
    is_live(page), is_live(other)
    send(page, "over a restart")
    expect(rally(other, "over a restart")).to_have_count(1)

    stack.kill("web")
    stack.start("web")

    for seen in (page, other):
        expect(rally(seen, "over a restart")).to_contain_text("pong over a restart", timeout=30_000)
        expect(rally(seen, "over a restart")).to_have_count(1)
        is_live(seen)


def test_a_lost_connection_is_shown(open_page, stack):
    page = open_page()
    is_live(page)

    page.context.set_offline(True)
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()

    page.context.set_offline(False)
    is_live(page)


def test_what_redis_forgot_is_reloaded(open_page, stack):
    page = open_page()
    is_live(page)
    send(page, "before the flush")
    expect(rally(page, "before the flush")).to_contain_text("pong before the flush")

    stack.stop("web")
    stack.flush_redis()
    stack.start("web")

    is_live(page)
    send(page, "after the flush")
    expect(rally(page, "after the flush")).to_contain_text("pong after the flush", timeout=30_000)
    expect(rally(page, "before the flush")).to_have_count(1)
