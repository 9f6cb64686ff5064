"""People for tests: an account, a login, and a client for either way of being known."""

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pingpong.accounts.models import User

PASSWORD = "correct horse battery"


@dataclass
class SomeOne:
    """A person who has logged in, as a client sees it: with a browser's cookie and with tokens."""

    id: uuid.UUID
    email: str
    username: str
    access: str
    refresh: str
    csrf_token: str
    browser: FlaskClient
    """Keeps the session cookie."""

    @property
    def bearer(self) -> dict[str, str]:
        """The headers of a request by token."""
        return {"Authorization": f"Bearer {self.access}"}

    @property
    def csrf(self) -> dict[str, str]:
        """The headers of a request by cookie that changes something."""
        return {"X-CSRFToken": self.csrf_token}


def some_address() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def log_in(client: FlaskClient, **fields: Any) -> TestResponse:
    return client.post("/api/users/login/", json={"password": PASSWORD, **fields})


def some_one(app: Flask, *, is_admin: bool = False, **fields: str) -> SomeOne:
    """A new person who has logged in."""
    user = User.register(**{"email": some_address(), "password": PASSWORD, **fields}, is_admin=is_admin)
    return logged_in(app, user, fields.get("password", PASSWORD))


def logged_in(app: Flask, user: User, password: str = PASSWORD) -> SomeOne:
    """Another login of the same person, with a browser of its own."""
    browser = app.test_client()
    given = log_in(browser, email=user.email, password=password).json
    return SomeOne(
        id=user.id,
        email=user.email,
        username=user.username,
        access=given["access"],
        refresh=given["refresh"],
        csrf_token=given["csrf_token"],
        browser=browser,
    )


def profile(client: FlaskClient, headers: dict[str, str] | None = None) -> TestResponse:
    """What the API says of whoever asks."""
    return client.get("/api/users/profile/", headers=headers)
