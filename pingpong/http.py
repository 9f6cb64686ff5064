"""What every request and response has: an id, a readable body, security headers and a log line."""

import math
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit, urlunsplit

import structlog
from flask import Flask, Response, current_app, g, make_response, redirect, request
from flask.json.provider import DefaultJSONProvider
from uuid_utils.compat import uuid7
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.proxy_fix import ProxyFix

from pingpong.errors import MalformedRequest, UnsupportedMediaType
from pingpong.extensions import settings
from pingpong.logs.access import log_request
from pingpong.settings import Settings

View = TypeVar("View", bound=Callable[..., object])

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
HSTS_S = 365 * 24 * 3600
"""Browsers then use TLS only. A host of its own is taken for granted, not all below it (RFC 6797)."""


LARGEST_EXACT = 2**53
"""Beyond it a float stands for many whole numbers, and `1e308` would be one of 309 digits."""


class Json(DefaultJSONProvider):
    """JSON by its standards: `1.0` is a whole number (JSON Schema §6.1.1), and NaN none (RFC 8259 §6)."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Read a text. Raises ValueError."""
        return super().loads(s, parse_float=_number, parse_constant=_refuse, **kwargs)


def _number(text: str) -> int | float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return int(number) if number.is_integer() and abs(number) <= LARGEST_EXACT else number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def init_http(app: Flask, values: Settings, is_known_sender: Callable[[], bool] = lambda: False) -> None:
    """Give every request its id, check its body, and send every response with the same headers.

    Only from known senders a body may be as large as its view takes (`takes_up_to`).
    """
    app.extensions["is_known_sender"] = is_known_sender
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = values.max_body_bytes
    if values.trusted_proxies:
        hops = values.trusted_proxies
        # Not the host: many routers pass on what a client says of that.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.json = Json(app)
    app.after_request(log_request)  # Flask calls the first one last
    app.before_request(_identify)
    app.before_request(_allow_larger_body)
    app.before_request(_check_body)
    app.after_request(_redirect_to_the_same_host)
    app.after_request(_add_headers)
    if values.is_production:
        app.after_request(_require_tls)


def see(url: str) -> Response:
    """Go to another page, with GET, when a form is done."""
    return make_response(redirect(url, HTTPStatus.SEE_OTHER))


def _identify() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if SANE_REQUEST_ID.fullmatch(given) else str(uuid7())
    g.started_at = time.perf_counter()
    g.varies_by_accept = False
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def takes_up_to(setting: str) -> Callable[[View], View]:
    """Let a view take a body as large as this setting says, instead of what all others take."""

    def mark(view: View) -> View:
        view._takes_up_to = setting  # type: ignore[attr-defined]
        return view

    return mark


def _allow_larger_body() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    setting = getattr(view, "_takes_up_to", None)
    if setting and current_app.extensions["is_known_sender"]():
        most: int = getattr(settings, setting)
        request.max_content_length = request.max_form_memory_size = most


def _check_body() -> None:
    """Read a JSON body once, here, so that every route answers a broken one alike.

    Raises UnsupportedMediaType for what is neither JSON nor a form (a request without a body has no type),
    MalformedRequest for JSON that cannot be read.
    """
    if request.method not in {"POST", "PUT", "PATCH", "DELETE"}:
        return
    if request.is_json:
        _read_json()
    elif _has_body() and request.mimetype not in FORM_TYPES:
        raise UnsupportedMediaType("Send JSON (application/json) or a form.")


def _has_body() -> bool:
    if request.content_length is not None:
        return request.content_length > 0
    # Of a body in chunks nobody knows whether it is empty before it is read.
    is_chunked = request.headers.get("Transfer-Encoding", "").lower().endswith("chunked")
    return is_chunked and bool(request.content_type)


def _read_json() -> None:
    try:
        request.get_json()
    except BadRequest as error:
        raise MalformedRequest("The body is not valid JSON.") from error
    except RecursionError as error:
        raise MalformedRequest("The body is nested too deeply.") from error


def _redirect_to_the_same_host(response: Response) -> Response:
    """By a relative address and without a page: what a client says of the host is not to be told on.

    Flask redirects to an address with its slash by itself, and absolutely.
    """
    if response.status_code == HTTPStatus.PERMANENT_REDIRECT and response.location:
        target = urlsplit(response.location)
        response.location = urlunsplit(("", "", target.path, target.query, ""))
        response.set_data(b"")
    return response


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-ID"] = g.get("request_id") or str(uuid7())
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
    if g.get("varies_by_accept", False):
        response.vary.add("Accept")
    return response


def _require_tls(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_S}")
    return response
