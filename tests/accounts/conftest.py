"""Somebody with an account."""

import pytest

from tests.people import some_one


@pytest.fixture
def ada(app):
    return some_one(app, email="ada@example.com", username="ada", name="Ada")
