"""The readers of the API's description, in a browser that reaches nobody else."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("reader", ["swagger-ui", "redoc"])
def test_the_description_can_be_read_without_another_host(open_context, stack, reader):
    asked: list[str] = []
    page = open_context().new_page()
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{stack.url}/api/schema/{reader}/")

    expect(page.get_by_text("Send a message").locator("visible=true").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    hosts = {urlsplit(url).netloc for url in asked if url.startswith("http")}
    assert hosts == {urlsplit(stack.url).netloc}


def test_a_message_can_be_sent_from_swagger_ui(open_page):
    page = open_page("/api/schema/swagger-ui/")

    page.get_by_text("Send a message").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table td.response-col_status").nth(1)).to_contain_text("202")
