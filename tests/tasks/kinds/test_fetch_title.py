"""`fetch_title`: public pages only, whatever an address pretends."""

import socket
import time
from types import SimpleNamespace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pingpong.tasks.errors import TaskFailed
from pingpong.tasks.kinds.fetch_title import LARGEST_BODY, fetch_title


@pytest.fixture
def fetch(httpserver: HTTPServer):
    """Fetch from the local server, which is allowed by its name and port."""

    def fetch_it(url: str = "/", allowed: bool = True) -> dict[str, str]:
        address = f"{httpserver.host}:{httpserver.port}"
        ctx = SimpleNamespace(settings=SimpleNamespace(fetch_allowed_hosts=(address,) if allowed else ()))
        return fetch_title.function(ctx, httpserver.url_for(url) if url.startswith("/") else url)

    return fetch_it


def page(httpserver: HTTPServer, body: str | bytes, content_type: str = "text/html; charset=utf-8") -> None:
    httpserver.expect_request("/").respond_with_data(body, content_type=content_type)


def test_the_title_of_a_page_is_told(httpserver, fetch):
    page(httpserver, "<html><head><title>\n  Fish &amp; chips é </title></head><body><title>No</title>")

    assert fetch() == {"title": "Fish & chips é", "url": httpserver.url_for("/")}


def test_an_entity_is_decoded_once(httpserver, fetch):
    page(httpserver, "<title>&amp;lt;</title>")

    assert fetch()["title"] == "&lt;"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<title>caf\xe9</title>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ('<meta charset="windows-1252"><title>caf\xe9</title>'.encode("cp1252"), "text/html"),
        ("<title>caf\xe9</title>".encode(), "text/html"),
    ],
)
def test_encodings_are_heeded(httpserver, fetch, body, content_type):
    page(httpserver, body, content_type)

    assert fetch()["title"] == "caf\xe9"


def test_a_made_up_encoding_is_no_reason_to_fail(httpserver, fetch):
    page(httpserver, "<title>ok</title>", "text/html; charset=klingon")

    assert fetch()["title"] == "ok"


def test_a_redirect_is_followed(httpserver, fetch):
    httpserver.expect_request("/").respond_with_response(Response(status=302, headers={"Location": "/there"}))
    httpserver.expect_request("/there").respond_with_data("<title>There</title>", content_type="text/html")

    assert fetch() == {"title": "There", "url": httpserver.url_for("/there")}


def test_a_circle_of_redirects_ends(httpserver, fetch):
    httpserver.expect_request("/").respond_with_response(Response(status=302, headers={"Location": "/"}))

    with pytest.raises(TaskFailed, match="redirects more than"):
        fetch()


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_into_our_own_network_is_refused(httpserver, fetch, target):
    httpserver.expect_request("/").respond_with_response(Response(status=302, headers={"Location": target}))

    with pytest.raises(TaskFailed, match=r"not public|must begin"):
        fetch()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://localhost/",
    ],
)
def test_addresses_that_are_not_public_are_refused(fetch, url):
    with pytest.raises(TaskFailed, match=r"not public|no server of this name"):
        fetch(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "must begin"),
        ("example.com", "must begin"),
        ("http://", "must begin"),
        ("http://user:secret@example.com/", "password"),
        ("http://example.com:6379/", "ports"),
        ("http://[::1", "not the address"),
        ("javascript:alert(1)", "must begin"),
    ],
)
def test_other_addresses_are_refused_in_words(fetch, url, why):
    with pytest.raises(TaskFailed, match=why):
        fetch(url)


def test_the_local_server_is_refused_unless_it_is_allowed(httpserver, fetch):
    page(httpserver, "<title>secret</title>")

    with pytest.raises(TaskFailed):
        fetch(allowed=False)
    assert httpserver.log == []


def test_the_address_that_was_checked_is_the_one_that_is_asked(httpserver, fetch, monkeypatch):
    """A name whose answer changes between the check and the request (DNS rebinding)."""
    page(httpserver, "<title>secret</title>")
    resolve = socket.getaddrinfo
    answers = iter(["203.0.113.7"])
    asked = []

    def answer(host: str, port: int, *options: object, **named: object):
        if host != "rebinding.example":
            return resolve(host, port, *options, **named)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers, "127.0.0.1"), port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr("pingpong.tasks.kinds.public_http._is_public", "203.0.113.7".__eq__)

    with pytest.raises(AssertionError, match=r"tried to reach \('203.0.113.7', 80\)"):
        fetch("http://rebinding.example/")
    assert httpserver.log == []
    assert asked == ["rebinding.example"]


def test_the_server_is_told_the_name_that_was_meant(httpserver, fetch):
    page(httpserver, "<title>ok</title>")

    fetch()

    request, _ = httpserver.log[0]
    assert request.host == f"{httpserver.host}:{httpserver.port}"


def test_a_page_that_is_too_large_is_not_read_to_its_end(httpserver, fetch):
    page(httpserver, b"x" * (LARGEST_BODY + 1))

    with pytest.raises(TaskFailed, match="larger than"):
        fetch()


def test_a_page_that_drips_is_given_up(httpserver, fetch, monkeypatch):
    monkeypatch.setattr("pingpong.tasks.kinds.fetch_title.WITHIN_S", 0.2)

    def drip(_request):
        def chunks():
            for _ in range(100):
                yield b"x" * 16_384
                time.sleep(0.05)

        return Response(chunks(), mimetype="text/html")

    httpserver.expect_request("/").respond_with_handler(drip)

    with pytest.raises(TaskFailed, match="did not arrive within"):
        fetch()


@pytest.mark.parametrize(
    ("body", "content_type", "why"),
    [
        ("%PDF", "application/pdf", "not a web page"),
        ("<p>nothing", "text/html", "no title"),
        ("<title> \n </title>", "text/html", "no title"),
    ],
)
def test_what_has_no_title_says_so(httpserver, fetch, body, content_type, why):
    page(httpserver, body, content_type)

    with pytest.raises(TaskFailed, match=why):
        fetch()


def test_an_error_of_the_server_is_named(httpserver, fetch):
    httpserver.expect_request("/").respond_with_data("no", status=404)

    with pytest.raises(TaskFailed, match="answered 404"):
        fetch()


def test_a_long_title_is_cut(httpserver, fetch):
    page(httpserver, f"<title>{'x' * 5000}</title>")

    assert len(fetch()["title"]) == 500
