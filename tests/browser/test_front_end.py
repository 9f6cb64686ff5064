"""A front end of another origin, in a real browser: it may do all that our own pages do, if it is named."""

import uuid

import pytest
from playwright.sync_api import expect
from pytest_httpserver import HTTPServer

from tests.people import PASSWORD
from tests.stack import Stack

PAGE = """<!doctype html><title>Front end</title><p id="said"></p>
<script type="module">
  const [url, email] = location.hash.slice(1).split("|");
  const say = (text) => { document.getElementById("said").textContent += `${text};`; };
  const credentials = { email, password: "PASSWORD" };
  const ask = (path, body, headers = {}) => fetch(url + path, {
    method: "POST", credentials: "include", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  });
  try {
    await ask("/api/users/register/", credentials);
    const { csrf_token } = await (await ask("/api/users/login/", credentials)).json();
    say("logged in");
    const socket = new WebSocket(url.replace("http", "ws") + "/ws/notifications/");
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "task_result") say(message.data.result.reversed_text);
    };
    const events = new EventSource(url + "/events/", { withCredentials: true });
    events.addEventListener("task", ({ data }) => JSON.parse(data).status === "done" && say("stream"));
    await Promise.all([socket, events].map((one) => new Promise((open) => { one.onopen = open; })));
    const headers = { "X-CSRFToken": csrf_token };
    const response = await ask("/api/tasks/reverse_string/", { text: "hello" }, headers);
    say(`${response.status} ${response.headers.get("Location") !== null}`);
  } catch (error) {
    say(`refused: ${error}`);
  }
</script>""".replace("PASSWORD", PASSWORD)


@pytest.fixture(scope="module")
def friend() -> HTTPServer:
    with HTTPServer(host="127.0.0.1") as server:
        server.expect_request("/").respond_with_data(PAGE, content_type="text/html")
        yield server


@pytest.fixture(scope="module")
def stack(tmp_path_factory, friend):
    with Stack(tmp_path_factory.mktemp("stack"), CORS_ORIGINS=friend.url_for("").rstrip("/")) as running:
        yield running


def test_a_named_front_end_logs_in_calls_the_api_and_opens_streams_and_sockets(stack, friend, open_context):
    page = open_context().new_page()

    page.goto(f"{friend.url_for('/')}#{stack.url}|{uuid.uuid4().hex}@example.com")

    said = page.locator("#said")
    expect(said).to_contain_text("logged in;")
    expect(said).to_contain_text("202 true;")
    expect(said).to_contain_text("olleh;")
    expect(said).to_contain_text("stream;")


def test_any_other_front_end_is_refused_by_the_browser(stack, new_context):
    with HTTPServer(host="127.0.0.1") as stranger:
        stranger.expect_request("/").respond_with_data(PAGE, content_type="text/html")
        page = new_context().new_page()

        page.goto(f"{stranger.url_for('/')}#{stack.url}|{uuid.uuid4().hex}@example.com")

        expect(page.locator("#said")).to_contain_text("refused:")
