"""One exchange with a third party that may do anything with the connection."""

import json
import shutil
import socket
import ssl
import struct
import subprocess
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from pingpong.dsp.answers import Answer
from pingpong.dsp.client import Limits, NoAnswer, Request, exchange
from tests.dsp.party import Party, Reply
from tests.dsp.raw_party import Conduct, RawParty, drips, hears_only, says

PATIENT = Limits(connect_s=20, timeout_s=20, answer_bytes=1000)
HASTY = Limits(connect_s=20, timeout_s=0.4, answer_bytes=1000)
OK = b"HTTP/1.1 200 OK\r\n"


def leave() -> None:
    """It is given at once."""


def ask(url: str, limits: Limits = PATIENT) -> Answer:
    return exchange(Request("GET", f"{url}/v1/campaign/1/status", {}), limits, leave)


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_request_is_sent_and_its_answer_read(party: Party):
    party.answers(Reply(202, {"id": "r-1"}, {"Retry-After": "7"}))
    body = json.dumps({"name": "Größer, 大きい"}, ensure_ascii=False).encode()

    answer = exchange(Request("POST", f"{party.url}/v1/ad?x=1", {"X-Mine": "yes"}, body), PATIENT, leave)

    assert answer == Answer(202, b'{"id": "r-1"}', "7")
    [asked] = party.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/v1/ad?x=1", {"name": "Größer, 大きい"})
    assert asked.headers["X-Mine"] == "yes"
    assert asked.headers["Connection"] == "close"
    assert asked.headers["Accept"] == "application/json"


@pytest.mark.parametrize("status", [200, 301, 302, 307, 404, 500])
def test_whatever_the_status_it_is_an_answer_and_no_redirect_is_followed(party: Party, status: int):
    party.answers(Reply(status, b"body", {"Location": "/elsewhere"}))

    assert ask(party.url) == Answer(status, b"body", None)

    assert len(party.asked) == 1


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        pytest.param(OK + b"\r\nto the end", b"to the end", id="without-a-length"),
        pytest.param(OK + b"Content-Length: 0\r\n\r\n", b"", id="empty"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", id="no-content"),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde", id="chunked"
        ),
        pytest.param(
            OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000, b"x" * 1000, id="as-large-as-may-be"
        ),
    ],
)
def test_an_answer_may_end_in_every_way_that_http_knows(answer: bytes, body: bytes):
    with RawParty(says(answer)) as party:
        assert ask(party.url).body == body


@pytest.mark.parametrize(
    ("conduct", "why"),
    [
        pytest.param(says(), "RemoteDisconnected", id="hangs-up"),
        pytest.param(resets, "ConnectionResetError", id="resets"),
        pytest.param(says(OK + b"Content-Length: 500\r\n\r\nhalf"), "in the middle", id="half-of-it"),
        pytest.param(
            says(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), "IncompleteRead", id="half-a-chunk"
        ),
        pytest.param(
            says(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab"), "IncompleteRead", id="odd-chunks"
        ),
        pytest.param(
            says(OK + b"Content-Length: 1001\r\n\r\n" + b"x" * 1001), "more than 1000 bytes", id="too-large"
        ),
        pytest.param(says(OK + b"\r\n", b"x" * 5000), "more than 1000 bytes", id="too-large-without-length"),
        pytest.param(says(b"220 mail.example ESMTP\r\n"), "BadStatusLine", id="not-http"),
        pytest.param(says(b"\x00\xff" * 50 + b"\r\n"), "BadStatusLine", id="bytes"),
        pytest.param(says(b"HTTP/1.1 two hundred\r\n\r\n"), "BadStatusLine", id="odd-status"),
        pytest.param(says(OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n"), "LineTooLong", id="endless-header"),
        pytest.param(says(OK + b"X: y\r\n" * 20_000 + b"\r\n"), "HTTPException", id="too-many-headers"),
    ],
)
def test_what_is_no_whole_answer_is_none(conduct: Conduct, why: str):
    with RawParty(conduct) as party, pytest.raises(NoAnswer, match=why):
        ask(party.url)


@pytest.mark.parametrize(
    "conduct",
    [
        pytest.param(hears_only, id="silent"),
        pytest.param(drips(b"", 0.05), id="drips-the-status"),
        pytest.param(drips(OK + b"X: ", 0.05), id="drips-headers"),
        pytest.param(drips(OK + b"\r\n", 0.05), id="drips-a-body-without-length"),
        pytest.param(drips(OK + b"Content-Length: 5000\r\n\r\n", 0.05), id="drips-a-body"),
    ],
)
def test_what_takes_too_long_is_cut(conduct: Conduct):
    began_at_s = time.monotonic()

    with RawParty(conduct) as party, pytest.raises(NoAnswer, match="did not answer in time"):
        ask(party.url, HASTY)

    assert time.monotonic() - began_at_s < HASTY.timeout_s + 1


def test_what_came_of_half_an_answer_is_told():
    half = OK + b"Content-Length: 500\r\n\r\nhalf"

    with RawParty(says(half)) as party, pytest.raises(NoAnswer) as caught:
        ask(party.url)

    assert caught.value.so_far == Answer(200, b"half")


def test_where_nobody_listens_no_leave_is_asked_for():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    asked: list[int] = []

    with pytest.raises(NoAnswer, match="ConnectionRefusedError"):
        exchange(Request("GET", f"http://127.0.0.1:{port}/", {}), PATIENT, lambda: asked.append(1))

    assert asked == []


def test_who_does_not_take_the_connection_is_given_up():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy, socket.socket() as other:
        other.connect(busy.getsockname())

        with pytest.raises(NoAnswer, match="did not answer in time"):
            ask(url_of(busy), replace(PATIENT, connect_s=0.4))


def test_leave_is_asked_for_when_connected_and_before_a_byte_is_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as open_until_the_end:
        accepted: list[socket.socket] = []

        def ask_leave() -> None:
            listener.settimeout(PATIENT.connect_s)
            connection = open_until_the_end.enter_context(listener.accept()[0])
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
            connection.sendall(OK + b"Content-Length: 0\r\n\r\n")  # read once the request is sent
            accepted.append(connection)

        exchange(Request("POST", f"{url_of(listener)}/v1/ad", {}, b"{}"), PATIENT, ask_leave)

        [connection] = accepted
        connection.settimeout(PATIENT.timeout_s)
        assert connection.recv(65536).startswith(b"POST /v1/ad HTTP/1.1\r\n")


def test_to_wait_for_leave_takes_nothing_of_the_time_for_the_answer(party: Party):
    party.answers(Reply(200, {}))
    limits = Limits(connect_s=3, timeout_s=3, answer_bytes=1000)

    answer = exchange(Request("GET", party.url, {}), limits, lambda: time.sleep(3.1))

    assert answer.http_status == 200


def test_without_leave_nothing_is_sent_and_the_connection_ends():
    class NoLeave(Exception):
        pass

    def refuse() -> None:
        raise NoLeave

    with RawParty(says(OK + b"\r\n")) as party, pytest.raises(NoLeave):
        exchange(Request("GET", party.url, {}), PATIENT, refuse)

    assert party.heard == b""


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes the certificate")
def test_a_certificate_has_to_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with RawParty(says(OK + b"Content-Length: 2\r\n\r\n{}"), _own_certificate(tmp_path)) as party:
        with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
            ask(party.url)
        assert party.heard == b""

        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        assert ask(party.url).body == b"{}"


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes the certificate")
def test_an_answer_that_drips_over_tls_is_cut_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tls = _own_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))

    began_at_s = time.monotonic()

    with RawParty(drips(OK + b"\r\n", 0.05), tls) as party, pytest.raises(NoAnswer, match="in time"):
        ask(party.url, HASTY)

    assert time.monotonic() - began_at_s < HASTY.timeout_s + 1


def _own_certificate(folder: Path) -> ssl.SSLContext:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*new, *subject, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
