"""Times on pages: the reader's own with JavaScript, and UTC that says so without."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.conftest import rally, submit
from tests.browser.told import a_task

TOKYO = {"timezone_id": "Asia/Tokyo"}


def test_what_comes_later_has_the_readers_own_time_and_the_date_unless_it_is_today(open_told):
    page, news = open_told(at=datetime(2036, 1, 1, 3, tzinfo=UTC), **TOKYO)

    news.tell(
        a_task("of today", submitted_at=datetime(2036, 1, 1, 2, 3, 4, tzinfo=UTC)),
        a_task("of yesterday", submitted_at=datetime(2035, 12, 30, 22, 3, 4, tzinfo=UTC)),
    )

    expect(rally(page, "of today").locator("time")).to_have_text("11:03:04")
    expect(rally(page, "of yesterday").locator("time")).to_have_text("2035-12-31 07:03:04")


def test_what_the_server_wrote_turns_into_the_readers_own_time(open_page, stack):
    page = open_page("/history/?q=when+was+that", **TOKYO)
    sent_at = datetime.fromisoformat(submit(page, "when was that")["submitted_at"])
    page.reload()

    local = sent_at.astimezone(ZoneInfo("Asia/Tokyo"))
    expect(page.locator("#history time")).to_have_text(f"{local:%Y-%m-%d %H:%M:%S}")


def test_without_javascript_times_say_that_they_are_utc(open_page):
    page = open_page("/history/?q=in+utc", java_script_enabled=False, **TOKYO)
    sent_at = datetime.fromisoformat(submit(page, "in utc")["submitted_at"])
    page.reload()

    assert page.locator("#history tbody .when").inner_text() == f"{sent_at:%Y-%m-%d %H:%M:%S} UTC"
