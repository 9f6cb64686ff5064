"""Who may read `/metrics`, and on which port."""

import hmac

from flask import Flask, request

from pingpong.accounts.identity import BEARER, identify
from pingpong.errors import Forbidden, NotFound, Unauthorized
from pingpong.extensions import settings

CLOSED = "In production, /metrics is closed until METRICS_TOKEN or METRICS_PORT is set."


def init_port(app: Flask) -> None:
    """Keep the ports apart, if there is one for the metrics alone."""
    if app.extensions["settings"].metrics_port:
        app.before_request(_keep_apart)


def require_reader() -> None:
    """Go on for whoever has the token, for administrators, and where nothing has to be protected.

    Raises Unauthorized or Forbidden.
    """
    if not settings.metrics_token and (settings.metrics_port or not settings.is_production):
        return
    if settings.metrics_token and _has_token():
        return
    identity = identify()
    if identity and identity.user.is_admin:
        return
    if settings.metrics_token and identity is None:
        raise Unauthorized("This wants METRICS_TOKEN as a bearer token, or an administrator.")
    raise Forbidden("This is for administrators." if settings.metrics_token else CLOSED)


def _keep_apart() -> None:
    """Raises NotFound for `/metrics` elsewhere, and for all else on its port."""
    is_on_its_port = request.environ["SERVER_PORT"] == str(settings.metrics_port)
    if is_on_its_port != (request.endpoint == "metrics.metrics"):
        raise NotFound("There is nothing at this address.")


def _has_token() -> bool:
    """Compared without telling by the time it takes how much of it was right."""
    header = request.headers.get("Authorization", "")
    given = header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else ""
    return hmac.compare_digest(given.encode(), settings.metrics_token.encode())
