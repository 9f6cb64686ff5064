"""Who opens a socket: by a token or ticket in its address, a bearer token, or our own pages' cookie."""

from flask import request

from pingpong.accounts.identity import Identity, has_bearer, identify_listener
from pingpong.accounts.origins import is_allowed_origin
from pingpong.errors import Forbidden, Unauthorized


def require_listener() -> Identity:
    """Who listens. Raises Unauthorized, Forbidden for a page of another origin that uses a cookie.

    Browsers open sockets for every page, and send the cookie along (CWE-1385).
    """
    token = request.args.get("token")
    brings_its_own = token or request.args.get("ticket") or has_bearer()
    if not brings_its_own and not is_allowed_origin(request.headers.get("Origin")):
        if "Origin" in request.headers:
            raise Forbidden("Pages of this origin may not use the cookie.")
        raise Unauthorized("Bring a token.")
    identity = identify_listener(token=token)
    if identity is None:
        raise Unauthorized("Log in first.")
    return identity
