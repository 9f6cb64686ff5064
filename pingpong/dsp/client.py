"""One request to the third party: connect, ask for leave, send, and read what comes back.

The connection is made before leave is asked for, so that the request leaves as soon as it may and is received
within the window for which it was counted. At 40 requests a minute a connection is not worth keeping.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, urlsplit

from pingpong.dsp.answers import Answer
from pingpong.telemetry.spans import spans

CHUNK = 64 * 1024
USER_AGENT = "pingpong"


class NoAnswer(Exception):
    """Nothing came back, or not all of it; whether the third party did anything, nobody knows."""

    def __init__(self, message: str, so_far: Answer | None = None) -> None:
        super().__init__(message)
        self.so_far = so_far


@dataclass(frozen=True)
class Request:
    """What is to be sent. `body` is JSON, if there is one."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class Limits:
    """How long it may take to connect, and to be answered, in seconds; how many bytes an answer may have."""

    connect_s: float
    timeout_s: float
    answer_bytes: int


def exchange(request: Request, limits: Limits, ask_leave: Callable[[], None]) -> Answer:
    """Send it once `ask_leave` has returned, and read the answer. Never follows a redirect.

    Raises NoAnswer, and whatever `ask_leave` raises.
    """
    url = urlsplit(request.url)
    connection = _connection(url, limits.connect_s)
    try:
        with _as_no_answer(url):
            connection.connect()
        ask_leave()
        connection.sock.settimeout(limits.timeout_s)
        with (
            spans.step(f"{request.method} third party"),
            _as_no_answer(url),
            _cut_after(connection, limits.timeout_s),
        ):
            target = url.path + (f"?{url.query}" if url.query else "")
            connection.request(request.method, target, request.body, {**_HEADERS, **request.headers})
            return _read(connection.getresponse(), limits.answer_bytes)
    finally:
        connection.close()


_HEADERS = {"User-Agent": USER_AGENT, "Accept": "application/json", "Connection": "close"}


def _connection(url: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    host = url.hostname or ""
    # One time-out for all addresses of the host: as it is, each would have its own.
    ends_at_s = time.monotonic() + timeout_s
    connection = _made(url, host, timeout_s)
    connection._create_connection = partial(_connect, ends_at_s)  # type: ignore[attr-defined]
    return connection


def _connect(ends_at_s: float, address: tuple[str, int], *_: object) -> socket.socket:
    """To the first address of the host that answers before the time is over."""
    error: OSError = TimeoutError()
    for family, kind, protocol, _name, where in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        left_s = ends_at_s - time.monotonic()
        if left_s <= 0:
            break
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left_s)
            sock.connect(where)
        except OSError as refused:
            sock.close()
            error = refused
        else:
            return sock
    raise error


def _made(url: SplitResult, host: str, timeout_s: float) -> http.client.HTTPConnection:
    if url.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, url.port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(host, url.port, timeout=timeout_s)


def _read(response: http.client.HTTPResponse, at_most: int) -> Answer:
    body = bytearray()
    while len(body) <= at_most and (chunk := response.read1(CHUNK)):
        body += chunk
    answer = Answer(response.status, bytes(body), response.getheader("Retry-After"))
    if len(body) > at_most:
        raise NoAnswer(f"The answer has more than {at_most} bytes.", answer)
    if response.length:
        raise NoAnswer("The connection broke in the middle of the answer.", answer)
    return answer


@contextmanager
def _as_no_answer(url: SplitResult) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise NoAnswer(f"{url.netloc} did not answer in time") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}".rstrip(": ")) from error


@contextmanager
def _cut_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut the connection when the time is over: a socket's own time-out begins anew with each byte."""
    ends_at_s = time.monotonic() + seconds
    timer = threading.Timer(seconds, _shut, [connection.sock])  # the answer takes the socket over
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, NoAnswer) as error:
        raise (TimeoutError() if time.monotonic() >= ends_at_s else error) from error
    finally:
        timer.cancel()
    if time.monotonic() >= ends_at_s:
        raise TimeoutError  # what was cut looks like an end


def _shut(sock: socket.socket) -> None:
    """Wake whoever reads from it."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
