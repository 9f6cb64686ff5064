"""The access lines: `request` for each request, and `stream_ended` where the answer went on after it."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http import HTTPStatus

import structlog
from flask import Response, g, request

log = structlog.get_logger(__name__)

PROBED_PATHS = {"/healthz", "/readyz", "/metrics"}
"""Platforms ask these every few seconds; the line is worth reading when they are refused."""
BODILESS = {204, 304}


def log_request(response: Response) -> Response:
    """Write the line of a request: never its query, which holds tickets and what people look for.

    Flask calls it with the response as it goes out. The length of a stream is not known before its end.
    """
    size = _size(response)
    is_stream = size is None and response.status_code >= 200  # noqa: PLR2004 - below, it is no answer yet
    (log.debug if _is_good_probe(response) else log.info)(
        "request",
        method=request.method,
        path=request.path,
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        ms=_ms_since(g.get("started_at")),
        address=request.remote_addr,
        **({} if size is None else {"bytes": size}),
    )
    if is_stream:
        names = {**structlog.contextvars.get_contextvars(), "path": request.path}
        report = partial(_log_end_of_stream, g.get("started_at"), names)
        response.response = CountedBody(response.response, report)
    return response


class CountedBody:
    """The body of a stream, which tells how many bytes were taken of it when the server closes it."""

    def __init__(self, body: Iterable[bytes] | Iterable[str], report: Callable[[int], None]) -> None:
        self._body = body
        self._report = report
        self._bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body:
            data = chunk.encode() if isinstance(chunk, str) else chunk
            self._bytes += len(data)
            yield data

    def close(self) -> None:
        """Close the body, and report."""
        if close := getattr(self._body, "close", None):
            close()
        self._report(self._bytes)


def _is_good_probe(response: Response) -> bool:
    return request.path in PROBED_PATHS and response.status_code < HTTPStatus.BAD_REQUEST


def _size(response: Response) -> int | None:
    """How many bytes of a body are sent; None for a stream, whose body nobody knows yet."""
    if request.method == "HEAD" or response.status_code in BODILESS:
        return 0
    if response.content_length is not None:
        return response.content_length
    return response.calculate_content_length() if response.is_sequence else None


def _log_end_of_stream(started_at: float | None, names: dict[str, str], size: int) -> None:
    log.info("stream_ended", **{**names, "bytes": size, "ms": _ms_since(started_at)})


def _ms_since(started_at: float | None) -> float | None:
    return None if started_at is None else round((time.perf_counter() - started_at) * 1000, 1)
