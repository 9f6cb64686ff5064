"""Who makes this request: by a bearer token, a ticket or the session cookie, and by nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

import structlog
from flask import Flask, current_app, g, request
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from pingpong.accounts import tickets, tokens
from pingpong.accounts.models import LoginSession, User
from pingpong.errors import Forbidden, Unauthorized

BEARER = "bearer "

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Identity(UserMixin):
    """A person, as known by one login session, until some moment."""

    user: User
    session_id: UUID
    expires_at: datetime

    def get_id(self) -> str:
        """What the session cookie holds: the session, so that a login never keeps an older one's id."""
        return str(self.session_id)

    @classmethod
    def of(cls, session_id: UUID, until: datetime | None = None) -> "Identity":
        """The person of a session that still counts. Raises Unauthorized."""
        session = LoginSession.find(session_id)
        expires_at = min(session.expires_at, until) if until else session.expires_at
        return cls(session.user, session.id, expires_at)


def init_identity(app: Flask) -> None:
    """Let Flask-Login keep the session's id in the signed cookie."""
    manager = LoginManager()
    manager.init_app(app, add_context_processor=False)  # an error page asks the database nothing
    manager.session_protection = None  # it binds to an address, and phones change theirs
    manager.user_loader(_from_cookie)


def identify() -> Identity | None:
    """Who makes this request, or None for nobody. Raises Unauthorized for credentials that are no good."""
    if "identity" not in g:
        g.identity = _noted(_by_header() or _by_cookie())
    identity: Identity | None = g.identity
    return identity


def identify_listener(*, token: str | None = None) -> Identity | None:
    """Who opens this stream or socket: by a ticket in its address, or as any request.

    `token` is an access token from the address, which sockets take. Raises Unauthorized.
    """
    if ticket := request.args.get("ticket"):
        return _noted(Identity.of(tickets.redeem(ticket)))
    return _noted(by_token(token)) if token else identify()


def is_known() -> bool:
    """Whether it is somebody, by credentials that are good."""
    try:
        return identify() is not None
    except Unauthorized:
        return False


def require() -> Identity:
    """Who makes this request. Raises Unauthorized when that is nobody."""
    identity = identify()
    if identity is None:
        raise Unauthorized("Log in first.")
    return identity


def require_admin() -> Identity:
    """The administrator who makes this request. Raises Unauthorized or Forbidden."""
    identity = require()
    if not identity.user.is_admin:
        raise Forbidden("This is for administrators.")
    return identity


def login_required(view: Callable[P, R]) -> Callable[P, R]:
    """Let only people through who are logged in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        require()
        return view(*args, **kwargs)

    return guarded


def remember(session: LoginSession) -> None:
    """Put the session into the cookie of the response, in place of whatever was there."""
    forget()
    identity = Identity(session.user, session.id, session.expires_at)
    login_user(identity)
    cookie.permanent = True  # until the session in the database ends
    g.identity = _noted(identity)


def forget() -> None:
    """Take the session out of the cookie, and all else that the cookie holds."""
    logout_user()
    cookie.clear()
    g.identity = None


def by_token(token: str) -> Identity:
    """The person of an access token. Raises Unauthorized."""
    claims = tokens.read(token, "access")
    return Identity.of(claims.session_id, until=claims.expires_at)


def has_bearer() -> bool:
    """Whether the request brings a token in its header."""
    return request.headers.get("Authorization", "").lower().startswith(BEARER)


def _noted(identity: Identity | None) -> Identity | None:
    """Whoever it is, from now on each log line of the request says so, and the jobs that come of it."""
    if identity:
        structlog.contextvars.bind_contextvars(user_id=str(identity.user.id))
    return identity


def _by_header() -> Identity | None:
    header = request.headers.get("Authorization", "")
    return by_token(header[len(BEARER) :].strip()) if has_bearer() else None


def _by_cookie() -> Identity | None:
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return None
    return current_user._get_current_object() if current_user.is_authenticated else None


def _from_cookie(session_id: str) -> Identity | None:
    try:
        return Identity.of(UUID(session_id))
    except (ValueError, Unauthorized):
        return None
