"""The pages as a server renders them; what a browser makes of them is tested in tests/browser."""

import pytest

from pingpong.tasks.models import Task

HTML = {"Accept": "text/html"}


def submitted(message: str) -> Task:
    return Task.submit("ping", {"text": message})[0]


def test_home_shows_the_newest_messages_and_the_form(app, client):
    for number in range(30):
        submitted(f"message {number}")

    page = client.get("/", headers=HTML)

    assert page.status_code == 200
    assert "message 29" in page.text
    assert "message 5" in page.text
    assert "message 4<" not in page.text
    assert 'action="/submit/"' in page.text


def test_the_history_page_keeps_its_filters_in_its_links(app, client):
    for number in range(30):
        submitted(f"message {number}")

    page = client.get("/history/?q=message&status=queued", headers=HTML)

    assert page.status_code == 200
    assert "message 29" in page.text
    assert "q=message" in page.text
    assert "after=" in page.text
    assert "/history.csv?" in page.text


@pytest.mark.parametrize("path", ["/", "/history/", "/history/?q=script"])
def test_markup_in_a_message_is_shown_as_text(app, client, path):
    submitted("<script>alert('x')</script>")

    page = client.get(path, headers=HTML)

    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


def test_a_bad_filter_is_a_page_that_says_so(client):
    page = client.get("/history/?status=open", headers=HTML)

    assert page.status_code == 422
    assert page.mimetype == "text/html"
    assert "status" in page.text


def test_a_message_page_shows_the_message_and_refreshes_itself_until_the_answer_is_there(app, client, work):
    task = submitted("hello")
    waiting = client.get(f"/pings/{task.id}/", headers=HTML)
    Task.claim(task.id, 1)[0].answer("pong hello")
    answered = client.get(f"/pings/{task.id}/", headers=HTML)

    assert "hello" in waiting.text
    assert 'http-equiv="refresh"' in waiting.text
    assert "pong hello" in answered.text
    assert 'http-equiv="refresh"' not in answered.text


@pytest.mark.parametrize("task_id", ["nonsense", "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55", "%00", "é"])
def test_an_unknown_message_is_a_page_that_says_so(client, task_id):
    page = client.get(f"/pings/{task_id}/", headers=HTML)

    assert page.status_code == 404
    assert page.mimetype == "text/html"


@pytest.mark.parametrize("path", ["/", "/history/", "/nothing"])
def test_no_page_holds_inline_script_or_asks_another_host(app, client, path):
    page = client.get(path, headers=HTML).text

    assert " style=" not in page
    assert " onclick=" not in page
    assert 'src="http' not in page
    assert "<link" in page
    assert 'href="http' not in page
    assert page.count("<script") == page.count("<script src=") + page.count('<script type="module" src=')
