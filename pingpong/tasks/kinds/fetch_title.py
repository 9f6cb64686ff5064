"""The title of a web page. Whoever may name an address must not reach into our own network by it.

After OWASP, "Server-Side Request Forgery Prevention Cheat Sheet".
"""

import re
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urljoin

from pydantic import AfterValidator, Field, StringConstraints

from pingpong.tasks.context import TaskContext
from pingpong.tasks.errors import TaskFailed
from pingpong.tasks.registry import task
from pingpong.text import STORABLE

if TYPE_CHECKING:
    from requests import Response

LARGEST_BODY = 1024 * 1024
LONGEST_TITLE = 500
MOST_REDIRECTS = 5
WITHIN_S = 20.0
CHUNK = 16 * 1024
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
DECLARED_WITHIN = 1024
"""Bytes, by the HTML standard."""
REDIRECTS = {301, 302, 303, 307, 308}
PAGES = {"text/html", "application/xhtml+xml"}

HTTP = re.compile(r"^[Hh][Tt][Tt][Pp][Ss]?://\S+$")


def _http(url: str) -> str:
    if not HTTP.fullmatch(url):
        raise ValueError("must begin with http:// or https://, without spaces")
    return url


Address = Annotated[
    str,
    StringConstraints(max_length=2000),
    Field(examples=["https://example.com/"], json_schema_extra={"format": "url", "pattern": HTTP.pattern}),
    AfterValidator(_http),
    STORABLE,
]


@task(timeout_s=60, retries=2)
def fetch_title(ctx: TaskContext, url: Address) -> dict[str, str]:
    """Fetch a public web page and tell its title."""
    from pingpong.tasks.kinds.public_http import get_public  # noqa: PLC0415 - 7 MB that nothing else needs

    ends_at_s = time.monotonic() + WITHIN_S
    for _ in range(MOST_REDIRECTS + 1):
        with get_public(url, ctx.settings.fetch_allowed_hosts, ends_at_s) as response:
            if response.status_code not in REDIRECTS or "Location" not in response.headers:
                return {"title": _title_of(_page(response, ends_at_s)), "url": url}
            url = urljoin(url, response.headers["Location"])
    raise TaskFailed(f"The page redirects more than {MOST_REDIRECTS} times.")


def _page(response: "Response", ends_at_s: float) -> str:
    if not response.ok:
        raise TaskFailed(f"The server answered {response.status_code}.")
    if response.headers.get("Content-Type", "").partition(";")[0].strip().lower() not in PAGES:
        raise TaskFailed("This is not a web page.")
    body = bytearray()
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise TaskFailed(f"The page is larger than {LARGEST_BODY} bytes.")
        if time.monotonic() > ends_at_s:
            raise TaskFailed(f"The page did not arrive within {WITHIN_S:g} seconds.")
    return _decoded(bytes(body), response.headers.get("Content-Type", ""))


def _decoded(body: bytes, content_type: str) -> str:
    """By the encoding that the server names, else by that of the page itself, else as UTF-8."""
    declared = CHARSET.search(content_type.encode()) or CHARSET.search(body[:DECLARED_WITHIN])
    try:
        return body.decode(declared[1].decode() if declared else "utf-8", errors="replace")
    except LookupError:
        return body.decode(errors="replace")


class _TitleParser(HTMLParser):
    """Gathers what the first `<title>` says."""

    def __init__(self) -> None:
        super().__init__()
        self.title: str | None = None
        self.is_complete = False
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_inside = tag == "title" and self.title is None
        if self._is_inside:
            self.title = ""

    def handle_endtag(self, tag: str) -> None:
        self.is_complete = self.is_complete or self._is_inside
        self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.title = (self.title or "") + data


def _title_of(page: str) -> str:
    parser = _TitleParser()
    for start in range(0, len(page), CHUNK):
        parser.feed(page[start : start + CHUNK])
        if parser.is_complete:
            break
        time.sleep(0)  # other jobs run in this process
    title = " ".join((parser.title or "").replace("\0", "").split())
    if not title:
        raise TaskFailed("The page has no title.")
    return title[:LONGEST_TITLE]
