"""People: who they are, how they are known, and what they may do."""

from datetime import timedelta

from flask import Flask

from pingpong.accounts import api, pages, shell
from pingpong.accounts.csrf import init_csrf
from pingpong.accounts.identity import init_identity
from pingpong.accounts.limits import init_limits
from pingpong.accounts.looks import init_looks
from pingpong.accounts.origins import init_cors
from pingpong.accounts.tokens import init_tokens
from pingpong.feature import Feature
from pingpong.queue.queues import MAINTENANCE
from pingpong.queue.schedule import Schedule
from pingpong.settings import Settings


def init_accounts(app: Flask, settings: Settings) -> None:
    """Teach the app to know people by cookies and tokens, and to check who sends what."""
    app.config["SESSION_COOKIE_SECURE"] = settings.is_production
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False  # it ends when the session in the database does
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(seconds=settings.session_lifetime_s)
    init_tokens(app, settings)
    init_identity(app)
    init_looks(app)
    init_limits(app)
    init_csrf(app)
    init_cors(app, settings)


def _schedules(settings: Settings) -> list[Schedule]:
    return [
        Schedule("forget_sessions", "pingpong.accounts.jobs.forget_sessions", 3600, MAINTENANCE),
    ]


FEATURE = Feature(blueprints=[api.blueprint, pages.blueprint, shell.blueprint], schedules=_schedules)
