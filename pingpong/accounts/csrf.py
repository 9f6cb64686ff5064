"""Cross-site request forgery: what a cookie may do, only our own pages may ask for.

An unsafe request that comes with a session cookie, or as a form, needs the token that only our pages and
clients know (Flask-WTF). A bearer token needs none: no browser sends it by itself.
"""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, request
from flask import session as cookie
from flask_wtf.csrf import CSRFError, CSRFProtect

from pingpong.accounts.identity import has_bearer
from pingpong.errors import Forbidden
from pingpong.http import FORM_TYPES

csrf = CSRFProtect()

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}

View = TypeVar("View", bound=Callable[..., object])


class CsrfFailed(Forbidden):
    """The session's token is missing or wrong."""

    code = "csrf_failed"


def init_csrf(app: Flask) -> None:
    """Check every unsafe request of every route, unless its view says otherwise."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # by our own rule instead
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session
    app.config["WTF_CSRF_SSL_STRICT"] = False  # a front end on another port has another referrer
    csrf.init_app(app)
    app.before_request(_check)


def without_token(*, forms: bool) -> Callable[[View], View]:
    """For a view that does only what anybody may do who is not logged in.

    `forms` tells whether forms are let through as well; JSON no other site's page can send unasked.
    """

    def mark(view: View) -> View:
        view._without_token = {"json", "form"} if forms else {"json"}  # type: ignore[attr-defined]
        return view

    return mark


def _check() -> None:
    if request.method in SAFE or has_bearer() or not _needs_token():
        return
    try:
        csrf.protect()
    except CSRFError as error:
        raise CsrfFailed(
            "Send the token of your session as X-CSRFToken, or as csrf_token in a form."
        ) from error


def _needs_token() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    exempt: set[str] = getattr(view, "_without_token", set())
    if request.mimetype in FORM_TYPES:
        return "form" not in exempt
    return "json" not in exempt and "_user_id" in cookie
