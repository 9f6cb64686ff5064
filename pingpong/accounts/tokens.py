"""JSON Web Tokens (RFC 7519): what a client that keeps no cookie shows instead."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from pingpong.accounts.models import LoginSession
from pingpong.errors import Unauthorized
from pingpong.settings import Settings

AUDIENCE = "pingpong"

TokenType = Literal["access", "refresh"]


@dataclass(frozen=True)
class Claims:
    """What a good token says: by which session, and until when."""

    session_id: UUID
    expires_at: datetime


def init_tokens(app: Flask, settings: Settings) -> None:
    """Sign and check tokens with the app's secret key, for our own audience, by one algorithm only."""
    app.config["JWT_SECRET_KEY"] = settings.secret_key
    app.config["JWT_ALGORITHM"] = "HS256"
    app.config["JWT_DECODE_ALGORITHMS"] = ["HS256"]
    app.config["JWT_ENCODE_AUDIENCE"] = app.config["JWT_DECODE_AUDIENCE"] = AUDIENCE
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(seconds=settings.access_token_lifetime_s)
    app.config["JWT_REFRESH_TOKEN_EXPIRES"] = timedelta(seconds=settings.session_lifetime_s)
    JWTManager(app)


def access_token(session: LoginSession) -> str:
    """A token for requests, good for a short while."""
    return str(create_access_token(str(session.user_id), additional_claims=_claims(session)))


def refresh_token(session: LoginSession) -> str:
    """A token for further access tokens, good for as long as the session."""
    return str(create_refresh_token(str(session.user_id), additional_claims=_claims(session)))


def read(token: str, expected: TokenType) -> Claims:
    """Check a token. Raises Unauthorized for one that is not ours, of another type, or expired."""
    try:
        content = decode_token(token)
        claims = Claims(UUID(content["sid"]), datetime.fromtimestamp(content["exp"], UTC))
    except (PyJWTError, JWTExtendedException, KeyError, ValueError, TypeError, AttributeError):
        raise Unauthorized("The token is not valid, or has expired.") from None
    if content.get("type") != expected:
        raise Unauthorized(f"This is not the {expected} token.")
    return claims


def session_of_refresh(token: str) -> LoginSession:
    """The session of a refresh token. Raises Unauthorized."""
    return LoginSession.find(read(token, "refresh").session_id)


def _claims(session: LoginSession) -> dict[str, Any]:
    return {
        "sid": str(session.id),
        "user_id": str(session.user_id),
        "username": session.user.username,
    }
