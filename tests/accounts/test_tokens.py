"""Tokens: whatever is not exactly ours is nobody's."""

import base64
import json

import jwt
import pytest

from tests.people import some_one

KEY = "development-only-and-refused-in-production"


@pytest.fixture
def ada(app):
    return some_one(app)


@pytest.fixture
def status(app):
    """How the profile answers to a token."""

    def ask(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return app.test_client().get("/api/users/profile/", headers=headers).status_code

    return ask


def forged(token: str, key: str = KEY, algorithm: str = "HS256", **changes: object) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode({**claims, **changes}, key, algorithm)


def test_a_token_of_ours_is_good(ada, status):
    assert status(ada.access) == 200
    assert status(forged(ada.access)) == 200  # what the others differ from


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_000_000_000},
        {"nbf": 10_000_000_000},
        {"aud": "somebody else"},
        {"aud": None},
        {"type": "refresh"},
        {"sid": "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"},
        {"sid": "no id"},
        {"sid": None},
        {"sub": None},
    ],
)
def test_a_token_that_says_something_else_is_not(ada, status, changes):
    changed = {name: value for name, value in changes.items() if value is not None}
    dropped = [name for name, value in changes.items() if value is None]
    claims = jwt.decode(ada.access, options={"verify_signature": False})
    for name in dropped:
        del claims[name]

    assert status(jwt.encode({**claims, **changed}, KEY, "HS256")) == 401


def test_a_token_of_another_key_or_algorithm_is_not(ada, status):
    assert status(forged(ada.access, key="x" * 42)) == 401
    assert status(forged(ada.access, key=KEY * 2, algorithm="HS512")) == 401
    assert status(forged(ada.access, key=KEY, algorithm="HS384")) == 401


def test_a_token_without_a_signature_is_not(ada, status):
    _, claims, _ = ada.access.split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")

    assert status(f"{header}.{claims}.") == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\u00e9", "e30.e30.e30", "." * 5000])
def test_what_is_no_token_is_not(status, token):
    assert status(token.encode().decode("latin-1")) == 401


def test_a_bad_token_is_refused_also_where_a_cookie_would_do(ada):
    response = ada.browser.get("/api/users/profile/", headers={"Authorization": "Bearer nonsense"})

    assert response.status_code == 401
