"""The history: search, filters, orders and pages."""

import base64
import csv
import io
import re

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pingpong import create_app
from pingpong.tasks.models import Task
from tests.conftest import changed


def submitted(message: str) -> Task:
    return Task.submit("ping", {"text": message})[0]


def answered(message: str) -> Task:
    task, _ = Task.claim(submitted(message).id, 1)
    task.answer(f"pong {message}")
    return task


def messages(response) -> list[str]:
    assert response.status_code == 200, response.text
    return [item["message"] for item in response.json["items"]]


def all_pages(client, path: str) -> list[list[str]]:
    pages, following = [], ""
    while following is not None:
        response = client.get(f"{path}&after={following}")
        pages.append(messages(response))
        following = response.json["next"]
    return pages


def test_the_newest_come_first_25_at_a_time(app, client):
    for number in range(30):
        submitted(f"message {number}")

    first = client.get("/api/history/")
    second = client.get(f"/api/history/?after={first.json['next']}")

    assert messages(first) == [f"message {number}" for number in range(29, 4, -1)]
    assert messages(second) == [f"message {number}" for number in range(4, -1, -1)]
    assert second.json["next"] is None


def test_an_item_is_what_the_result_route_shows(app, client):
    task = answered("hello")

    [item] = client.get("/api/history/").json["items"]

    assert item == client.get(f"/api/tasks/results/{task.id}/").json
    assert item["reply"] == "pong hello"
    assert item["params"] == {"text": "hello"}
    assert item["attempts"] == 1


@pytest.mark.parametrize("sort", ["submitted_at", "-submitted_at", "duration_ms", "-duration_ms"])
def test_pages_of_every_order_hold_each_row_once(app, client, sort):
    for number in range(7):
        answered(f"done {number}") if number % 2 else submitted(f"open {number}")

    pages = all_pages(client, f"/api/history/?sort={sort}&limit=2")

    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert len({message for page in pages for message in page}) == 7


def test_durations_sort_and_what_is_unfinished_counts_as_longest(app, client):
    for number in range(3):
        answered(f"m{number}")
    submitted("open")

    items = client.get("/api/history/?sort=duration_ms").json["items"]

    durations = [item["duration_ms"] for item in items]
    assert durations[:-1] == sorted(durations[:-1])
    assert items[-1]["message"] == "open"


def test_one_can_page_back(app, client):
    for number in range(6):
        submitted(f"m{number}")
    first = client.get("/api/history/?limit=2")
    second = client.get(f"/api/history/?limit=2&after={first.json['next']}")
    third = client.get(f"/api/history/?limit=2&after={second.json['next']}")

    [back] = re.findall(r'<([^>]+)>; rel="prev"', " ".join(third.headers.getlist("Link")))

    assert messages(client.get(back)) == messages(second)


def test_the_first_page_has_none_before_it(app, client):
    submitted("m")

    assert 'rel="prev"' not in client.get("/api/history/").headers.get("Link", "")


@pytest.mark.parametrize(
    "query",
    [
        "NEEDLE",
        "needle",
        "eedl",
        "pong a needle",
        "Straße",
        "STRASSE"[:5],
        "ä",
        "Ä",
        "👩‍👩‍👧",
        "100%",
        "a_b",
        "\\",
    ],
)
def test_a_search_finds_a_part_in_any_case(app, client, query):
    answered("a Needle in Straße Ä 👩‍👩‍👧 at 100% a_b \\ end")
    answered("hay")

    found = messages(client.get("/api/history/", query_string={"q": query}))

    assert len(found) == (0 if query == "STRAS" else 1)


def test_wildcards_are_searched_as_they_are(app, client):
    answered("hay")

    for query in ("%%%", "___", "%", "_"):
        assert messages(client.get("/api/history/", query_string={"q": query})) == []


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_search_of_any_length_reaches_the_oldest_row(app, client, length):
    submitted("xyz")
    for number in range(12):
        submitted(f"hay {number}")

    with changed(app, short_search_window=5):
        pages = all_pages(client, f"/api/history/?q={'xyz'[:length]}&limit=3")

    assert [message for page in pages for message in page] == ["xyz"]


def test_filters_narrow_the_list(app, client):
    answered("done")
    submitted("open")

    assert messages(client.get("/api/history/?status=done")) == ["done"]
    assert messages(client.get("/api/history/?status=queued&kind=ping")) == ["open"]
    assert messages(client.get("/api/history/?kind=other")) == []
    assert len(messages(client.get("/api/history/?q=&status=&kind=&sort="))) == 2


def test_tasks_of_private_kinds_are_not_shown(app, client):
    task, _ = Task.submit("secret", {"text": "private"})

    assert messages(client.get("/api/history/")) == []
    assert messages(client.get("/api/history/?kind=secret")) == []
    assert client.get(f"/api/tasks/results/{task.id}/").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("status=open", "status"),
        ("sort=id", "sort"),
        ("after=nonsense", "after"),
        ("before=nonsense", "before"),
        ("after=WyJhIl0", "after"),
        ("q=" + "x" * 201, "q"),
        ("q=%00", "q"),
    ],
)
def test_a_bad_query_is_refused_by_name(client, query, field):
    response = client.get(f"/api/history/?{query}")

    assert response.status_code == 422
    assert field in response.json["error"]["fields"]


def test_a_cursor_of_another_order_is_refused(app, client):
    for _ in range(2):
        submitted("m")
    cursor = client.get("/api/history/?limit=1").json["next"]

    assert client.get(f"/api/history/?sort=duration_ms&after={cursor}").status_code == 422


ID = "01a1f000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "value", ["9" * 30, "-1", str(2**61), "true", '"12"', "1.5", "Infinity", "1e400", "null", "[]"]
)
def test_a_forged_cursor_is_refused(client, value):
    cursor = base64.urlsafe_b64encode(f'["-submitted_at", {value}, "{ID}"]'.encode()).decode()

    assert client.get("/api/history/", query_string={"after": cursor}).status_code == 422


def test_both_directions_at_once_are_refused(app, client):
    assert client.get("/api/history/?after=x&before=y").status_code == 422


@given(st.text(max_size=300))
@hypothesis_settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_search_or_cursor_breaks_anything(client, given_text):
    for name in ("q", "after", "before", "status", "kind", "sort", "limit"):
        encoded = given_text.encode("utf-8", "surrogatepass")
        response = client.get("/api/history/", query_string={name: encoded})
        assert response.status_code in {200, 422}


def test_the_csv_holds_every_row_that_matches(app, client):
    for number in range(30):
        answered(f"message {number}")
    answered("other")

    rows = list(csv.DictReader(io.StringIO(client.get("/history.csv?q=message").text)))

    assert len(rows) == 30
    assert rows[0]["message"] == "message 29"
    assert rows[0]["reply"] == "pong message 29"
    assert rows[0]["status"] == "done"
    assert rows[0]["submitted_at"].endswith("Z")


def test_the_csv_comes_in_batches(app, client, monkeypatch):
    monkeypatch.setattr("pingpong.paging.EXPORT_BATCH", 3)
    monkeypatch.setattr("pingpong.csv_lines.LINES_PER_CHUNK", 2)
    for number in range(8):
        submitted(f"m{number}")

    response = client.get("/history.csv")

    assert len(list(csv.reader(io.StringIO(response.text)))) == 9


def test_the_csv_begins_at_the_beginning_whatever_page_it_is_asked_from(app, client):
    for number in range(30):
        submitted(f"m{number}")
    second = client.get(f"/api/history/?after={client.get('/api/history/').json['next']}")
    [back] = re.findall(r'<[^>]*[?&](before=[^>&]+)[^>]*>; rel="prev"', second.headers["Link"])

    rows = list(csv.DictReader(io.StringIO(client.get(f"/history.csv?{back}").text)))

    assert len(rows) == 30


def test_what_is_wrong_with_the_csv_is_said_before_it_begins(client, settings):
    assert client.get("/history.csv?after=nonsense").status_code == 422
    away = create_app(settings.model_copy(update={"database_url": "postgresql+psycopg://x@127.0.0.1:1/x"}))
    assert away.test_client().get("/history.csv").status_code == 503


def test_a_spreadsheet_takes_no_cell_for_a_formula(app, client):
    for message in ("=1+1", "+1", "-1", "@sum", "\N{FULLWIDTH EQUALS SIGN}1", 'quote " and, comma\nline'):
        submitted(message)

    rows = csv.DictReader(io.StringIO(client.get("/history.csv").text))

    assert [row["message"] for row in rows][::-1] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@sum",
        "'\N{FULLWIDTH EQUALS SIGN}1",
        'quote " and, comma\nline',
    ]


def test_a_bad_query_for_the_csv_is_refused_before_anything_is_sent(client):
    assert client.get("/history.csv?status=open").status_code == 422
