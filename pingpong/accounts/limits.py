"""How often one may ask: counted in Redis, by all processes together.

While Redis is away, requests pass: a limit is there to keep the app up, not to take it down.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from pingpong.accounts.address import client_network
from pingpong.accounts.counters import Counters, Hit, Left
from pingpong.accounts.identity import identify
from pingpong.errors import TooManyRequests, Unauthorized, rate_limit_headers
from pingpong.extensions import settings

View = TypeVar("View", bound=Callable[..., object])

A_RESULT = re.compile(r"/api/tasks/results/[^/]+/")
DESCRIPTION = "/api/schema/"


class OwnLimit(NamedTuple):
    """The limit of one view: by which setting, and whether it counts addresses, whoever the person is."""

    setting: str
    is_of_address: bool


def limited(setting: str, *, by_address: bool = False) -> Callable[[View], View]:
    """Count the requests of a view by themselves, by the limit in this setting, not as those of the API."""

    def mark(view: View) -> View:
        view._limit = OwnLimit(setting, by_address)  # type: ignore[attr-defined]
        return view

    return mark


def init_limits(app: Flask) -> None:
    """Count the requests of the API and the submits, and refuse what is too much."""
    app.extensions["limits"] = Counters(app.extensions["redis"])
    app.before_request(_count)
    app.after_request(_tell_what_is_left)


def current_counters() -> Counters:
    """The counters of the current app."""
    counters: Counters = current_app.extensions["limits"]
    return counters


def _count() -> None:
    hit = _hit()
    left = current_counters().count(hit) if hit else None
    if left is None:
        return
    if not left.is_granted:
        raise TooManyRequests.after(left.reset_in_s, limit=left.limit)
    g.left = left


def _tell_what_is_left(response: Response) -> Response:
    left: Left | None = g.get("left")
    if left and "RateLimit-Limit" not in response.headers:
        response.headers.update(rate_limit_headers(left.limit, left.remaining, left.reset_in_s))
    return response


def _hit() -> Hit | None:
    if request.method == "OPTIONS":  # a preflight asks for nothing
        return None
    view = current_app.view_functions.get(request.endpoint or "")
    own: OwnLimit | None = getattr(view, "_limit", None)
    if own:
        who = client_network() if own.is_of_address else _who()
        return Hit(getattr(settings, own.setting), who, own.setting)
    if not _is_of_the_api():
        return None
    who = _who()
    is_person = who.startswith("user:")
    return Hit(settings.user_rate_limit if is_person else settings.anonymous_rate_limit, who, "api")


def _is_of_the_api() -> bool:
    """Whether it counts: results are polled, and the description has many files."""
    path = request.path
    if path == "/register/":
        return request.method == "POST"  # each costs a hash, as it does over the API
    if not path.startswith("/api/") or path.startswith(DESCRIPTION):
        return False
    return request.method not in {"GET", "HEAD"} or A_RESULT.fullmatch(path) is None


def _who() -> str:
    """The person who asks, or the address if that is nobody. Bad credentials are nobody's."""
    try:
        identity = identify()
    except (Unauthorized, SQLAlchemyError):  # the route meets it, too, and answers
        identity = None
    return f"user:{identity.user.id}" if identity else client_network()
