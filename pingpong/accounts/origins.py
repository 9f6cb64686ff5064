"""Front ends of other origins: none, unless CORS_ORIGINS names them (WHATWG Fetch, "CORS protocol")."""

import re
from urllib.parse import urlsplit

from flask import Flask, request
from flask_cors import CORS

from pingpong.extensions import settings
from pingpong.settings import Settings

FOR_OTHERS = (r"/api/.*", r"/submit/", r"/events/", r"/history\.csv")
READABLE = [
    "Content-Disposition",
    "Link",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-ID",
]
SENDABLE = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "Last-Event-ID",
    "X-CSRFToken",
    "X-Request-ID",
]
PREFLIGHT_LASTS_S = 600


def init_cors(app: Flask, values: Settings) -> None:
    """Let pages of the named origins log in, call the API and hear the news, with cookies."""
    if values.cors_origins:
        # As patterns: Flask-CORS would take some origins for patterns by itself.
        origins = [re.compile(rf"{re.escape(origin)}\Z") for origin in values.cors_origins]
        CORS(
            app,
            resources=list(FOR_OTHERS),
            origins=origins,
            supports_credentials=True,
            allow_headers=SENDABLE,
            expose_headers=READABLE,
            max_age=PREFLIGHT_LASTS_S,
        )


def is_allowed_origin(origin: str | None) -> bool:
    """Whether a page of this origin may use a person's cookie: our own, or one of CORS_ORIGINS."""
    return origin in settings.cors_origins or is_own_origin(origin)


def is_own_origin(origin: str | None) -> bool:
    """Whether it is that of our own pages. Not by its scheme: a proxy may have taken the TLS off."""
    return origin is not None and urlsplit(origin).netloc == request.host
