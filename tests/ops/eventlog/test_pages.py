"""The page as a server renders it, without JavaScript; what a browser makes of it is tested there."""

import re

import pytest

from pingpong.ops.eventlog.showing import event_types
from tests.conftest import changed
from tests.ops.eventlog.looking import (
    PAGE,
    batched,
    come,
    following,
    happened,
    page,
    rows,
    series,
    set_aside,
    words,
)
from tests.people import SomeOne

CLICKHOUSE = "clickhouse://127.0.0.1:9/default"


@pytest.fixture
def root(app) -> SomeOne:
    return come(app, is_admin=True, username="root")


@pytest.mark.parametrize("path", ["/events-log/", "/events-log/events.csv"])
def test_only_administrators_get_in(app, client, path):
    asked = client.get(path, headers=PAGE)
    assert (asked.status_code, asked.location.startswith("/login/?next=/events-log/")) == (303, True)
    assert come(app).browser.get(path, headers=PAGE).status_code == 403


def test_an_event_is_shown_with_all_that_is_known_of_it(app, root):
    happened(
        "task.submitted",
        version=2,
        actor_id=root.id,
        request_id="request-1",
        context={"kind": "ping", "is_public": True},
    )

    (row,) = rows(page(root))

    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z task\.submitted v2 root ", row)
    assert "{&#34;kind&#34;: &#34;ping&#34;, &#34;is_public&#34;: true} request request-1 kept here" in row


def test_whose_name_is_not_known_has_an_id(root):
    somebody = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"
    happened(actor_id=somebody)

    assert somebody in rows(page(root))[0]


def test_each_event_says_where_it_is(app, root):
    _waiting, shipping, shipped, refused = series(4)
    batched(shipping, error="TimeoutError: no answer")
    batched(shipped, shipped_ago_s=1)
    set_aside(refused, "Code 27, CANNOT_PARSE")

    with changed(app, clickhouse_url=CLICKHOUSE):
        shown = rows(page(root))

    for row, ending in zip(
        shown,
        ["waiting", "shipping TimeoutError: no answer", "shipped", "set aside Code 27, CANNOT_PARSE"],
        strict=True,
    ):
        assert row.endswith(ending)


def test_pages_lead_to_older_ones_and_back_and_keep_the_filters(root):
    series(60, "message.posted")
    since = "since=2026-11-20T12:00:00.000001"

    first = page(root, f"?event_type=message.posted&q=number&hours=168&limit=20&{since}")
    second = page(root, following(first))
    third = page(root, following(second))
    back = page(root, following(third, "prev"))

    assert [len(rows(html)) for html in (first, second, third)] == [20, 20, 19]
    assert following(first, "prev") is following(third) is None
    assert rows(back) == rows(second)
    for name in ("event_type=message.posted", "q=number", "hours=168", "limit=20", ".000001"):
        assert name in following(first)
        assert name in following(third, "prev")


def test_the_filters_stay_in_the_form(root):
    html = page(
        root, "?event_type=a.b&actor=root&since=2026-11-20T12:00&until=2026-11-21T00:00:30&state=set_aside"
    )

    for name, value in {
        "event_type": "a.b",
        "actor": "root",
        "since": "2026-11-20T12:00:00",
        "until": "2026-11-21T00:00:30",
    }.items():
        assert re.search(rf'id="{name}"[^>]+value="{value}"', html), name
    assert '<option value="set_aside" selected>set aside</option>' in html


def test_all_declared_types_are_offered(root):
    html = page(root)

    assert re.findall(r"<option>([^<]+)</option>", html) == list(event_types())


def test_a_time_in_the_form_has_no_more_than_the_milliseconds_that_a_browser_takes(root):
    html = page(root, "?since=2026-11-20T12:00:00.123456")

    assert re.search(r'id="since"[^>]+value="2026-11-20T12:00:00.123"', html)


@pytest.mark.parametrize("query", ["hours=25", "limit=101"])
def test_what_has_no_field_to_put_it_right_is_not_asked_for_again(root, query):
    html = page(root, f"?{query}&event_type=task.answered", status=422)

    assert not re.search(r'type="hidden" name="(hours|limit)"', html)
    assert 'value="task.answered"' in html


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("state=asleep", "state", "State: must be"),
        ("since=yesterday", "since", "Since: must be a valid datetime"),
        ("until=0001-01-01T00:00:00%2B14:00", "until", "Until: must be in the years 1 to 9999."),
        ("actor=nobody", "actor", "Actor: there is nobody of this name."),
        ("after=nothing", "", "After: must be a cursor of this list."),
        ("since=2026-11-02T00:00&until=2026-11-01T00:00", "", "Since must be earlier than until."),
        ("hours=25", "", "Hours: must be 24 or 168."),
        ("q=%00", "q", "Q: must not contain the NUL character."),
    ],
)
def test_a_bad_filter_is_said_and_stays_in_the_form(root, query, field, sentence):
    happened("never.shown")

    html = page(root, f"?{query}&event_type=task.answered", status=422)

    assert sentence in words(html)
    assert "never.shown" not in html
    assert 'value="task.answered"' in html
    assert re.findall(r'<\w+ id="(\w+)"[^>]+aria-invalid', html) == ([field] if field else [])


def test_empty_filters_as_a_form_sends_them_are_none(root):
    series(2)

    assert len(rows(page(root, "?q=&event_type=&actor=&request_id=&since=&until=&state="))) == 2


def test_a_search_that_is_not_done_says_so_and_goes_on(app, root):
    happened("old.one", context={"word": "needle"})
    series(150, occurred_at="2036-01-01T00:00:00Z")

    with changed(app, short_search_window=100):
        html = page(root, "?q=needle")
        further = page(root, following(html))

    assert "Nothing found so far; there is more to search." in html
    assert "Search on" in html
    assert len(rows(further)) == 1


def test_what_is_in_a_context_is_shown_as_text(root):
    happened("odd.one", context={"<script>": "<script>alert(1)</script>"}, request_id="<b>")

    html = page(root)

    assert "<script>alert" not in html
    assert "<b>" not in html


def test_how_shipping_stands_is_shown_before_the_newest_events(app, root):
    ids = series(60)
    batched(ids[0], error="TimeoutError: no answer")
    batched(*ids[1:31], shipped_ago_s=2)
    set_aside(ids[31])

    with changed(app, clickhouse_url=CLICKHOUSE):
        html = page(root)
        told, older = words(html), words(page(root, following(html)))

    assert re.search(r"Waiting 29 the oldest for [\d.]+ d", told)
    assert re.search(r"Last shipped [\d.]+ s ago", told)
    assert "In the last 5 minutes 0.1 events/s" in told
    assert "Set aside 1 show" in told
    assert "The oldest batch waits because of: TimeoutError: no answer" in told
    assert "Last shipped" not in older


def test_without_clickhouse_the_page_says_that_events_stay(app, root):
    happened()

    with changed(app, clickhouse_url=""):
        told = words(page(root))

    assert "No ClickHouse is configured: events stay in this database." in told
    assert "kept here" in told
    assert "Waiting" not in told


def test_the_address_of_clickhouse_is_nobodys_to_see(app, root):
    with changed(app, clickhouse_url="clickhouse://somebody:secret@somewhere:8123/events"):
        html = page(root)

    assert "secret" not in html
    assert "somewhere" not in html


def test_what_happens_is_drawn_and_told_as_a_table(root):
    for _ in range(3):
        happened("task.answered")
    happened("message.posted")

    html = page(root)
    told = words(html)

    assert "4 events in 24 hours." in told
    assert re.search(r"Hour \(UTC\) task\.answered message\.posted All \d{4}-\d\d-\d\d \d\d:00 ", told)
    assert html.count('data-series="1"') == html.count('data-series="2"') == 2
    assert page(root, "?hours=168").count('<rect class="log-hour"') == 168


def test_nothing_is_drawn_when_nothing_has_happened(root):
    html = page(root)

    assert "Nothing has happened within these hours." in html
    assert "Nothing has happened yet." in html


def test_there_is_no_script_or_style_within_the_page(root):
    happened()

    html = page(root).partition("<main")[2]

    assert " style=" not in html
    assert "<script>" not in html


def test_administrators_find_it_in_the_head_of_every_page(app, root):
    link = '<a href="/events-log/">Events</a>'

    assert link in root.browser.get("/", headers=PAGE).text
    assert link not in come(app).browser.get("/", headers=PAGE).text
    assert "/events-log/" in root.browser.get("/admin/", headers=PAGE).text
