"""The examples, tried as somebody would who has only them: clients that know the wire and nothing else."""

import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.api_client import ApiClient
from tests.people import PASSWORD
from tests.processes import started
from tests.stack import Stack

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack that lets files in."""
    with Stack(tmp_path_factory.mktemp("examples"), CORS_ORIGINS="null") as running:
        yield running


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_curl(stack):
    assert run(EXAMPLES / "round_trip.sh", stack.url).splitlines()[-1] == "olleh"


def test_python(stack):
    lines = run(sys.executable, EXAMPLES / "round_trip.py", stack.url).splitlines()

    assert lines[0] == "connection_established"
    assert lines[-1] == "completed {'count': 5761455}"


def test_javascript(stack, open_page):
    """In a browser, on a page of ours: Node is not everywhere."""
    page = open_page("/")
    source = (EXAMPLES / "round_trip.js").read_text()

    data = page.evaluate(f"async (url) => {{ {source}; return await roundTrip(url); }}", stack.url)

    assert (data["status"], data["result"]) == ("completed", {"reversed_text": "olleh"})


def test_the_page_opens_from_the_file_system_and_shows_what_the_socket_says(stack, open_context):
    ada = ApiClient(stack.url)
    page = open_context().new_page()
    page.goto((EXAMPLES / "notifications.html").as_uri())
    assert page.evaluate("origin") == "null"

    page.get_by_label("Pingpong").fill(stack.url)
    page.get_by_label("Username or e-mail").fill(ada.email)
    page.get_by_label("Password").fill("wrong " + uuid.uuid4().hex)
    page.get_by_role("button", name="Log in and listen").click()
    expect(page.get_by_role("status")).to_have_text("The username or the password is wrong.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in and listen").click()
    expect(page.get_by_role("status")).to_have_text("Connected")
    page.get_by_role("button", name="Reverse it").click()

    expect(page.locator("#messages")).to_contain_text("connection_established")
    expect(page.locator("#messages")).to_contain_text('"reversed_text": "olleh"')


def test_two_terminals_talk(stack):
    ada, bob = ApiClient(stack.url), ApiClient(stack.url)

    with chat_in_a_terminal(stack, ada, bob) as one, chat_in_a_terminal(stack, bob, ada) as other:
        one.stdin.write("hello\n")
        one.stdin.flush()
        heard = next(line for line in other.stdout if "hello" in line)
        other.stdin.write("hello yourself\n")
        other.stdin.flush()
        answer = next(line for line in one.stdout if "yourself" in line)

    assert heard == f"{ada.email}: hello\n"
    assert answer == f"{bob.email}: hello yourself\n"


def chat_in_a_terminal(stack, person: ApiClient, other: ApiClient):
    command = [sys.executable, EXAMPLES / "chat.py", person.email, PASSWORD, other.email, stack.url]
    return started(command, stdin=subprocess.PIPE)


def test_two_files_talk(stack, open_context):
    ada, bob = ApiClient(stack.url), ApiClient(stack.url)
    one, other = (chat_in_a_file(stack, open_context, *pair) for pair in ((ada, bob), (bob, ada)))

    one.get_by_label("Message").fill("hello")
    expect(other.locator("#typing")).to_have_text(f"{ada.email} is typing…")
    one.get_by_role("button", name="Send").click()
    expect(other.locator("#messages")).to_have_text(f"{ada.email}: hello")
    other.get_by_label("Message").fill("hello yourself")
    other.get_by_role("button", name="Send").click()

    expect(one.locator("#messages > li:not(.unsent)")).to_have_text(
        [f"{ada.email}: hello", f"{bob.email}: hello yourself"]
    )


def chat_in_a_file(stack, open_context, person: ApiClient, other: ApiClient):
    page = open_context().new_page()
    page.goto((EXAMPLES / "chat.html").as_uri())
    page.get_by_label("Pingpong").fill(stack.url)
    page.get_by_label("Username or e-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Talk with").fill(other.email)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_label("Message")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text(re.compile("Connected|is here|has gone"))
    return page
