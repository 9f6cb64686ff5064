"""Front ends of other origins: none, unless CORS_ORIGINS names them (WHATWG Fetch, "CORS protocol")."""

import re

from flask import Flask, Response, request
from flask_cors import CORS

from pingpong.extensions import settings
from pingpong.settings import Settings

FOR_OTHERS = re.compile(r"/api/|/submit/|/events/|/history\.csv")
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
            resources=FOR_OTHERS,
            origins=origins,
            supports_credentials=True,
            allow_headers=SENDABLE,
            expose_headers=READABLE,
            max_age=PREFLIGHT_LASTS_S,
            vary_header=False,
        )
        app.after_request(_vary_by_origin)


def is_allowed_origin(origin: str | None) -> bool:
    """Whether a page of this origin may use a person's cookie: our own, or one of CORS_ORIGINS."""
    return origin in settings.cors_origins or is_own_origin(origin)


def is_own_origin(origin: str | None) -> bool:
    """Whether it is that of our own pages. Not by its scheme: a proxy may have taken the TLS off."""
    return origin in {f"http://{request.host}", f"https://{request.host}"}


def _vary_by_origin(response: Response) -> Response:
    """Also where no origin was named: a cache would keep that answer for those who name one."""
    if FOR_OTHERS.match(request.path):
        response.vary.add("Origin")
    return response
