"""A registry of the test's own."""

import pytest

from pingpong.tasks.registry import Registry

PLACES = ("api", "pages", "jobs", "dispatch", "explaining", "history", "rescue", "schemas", "visibility")


@pytest.fixture
def kinds(monkeypatch) -> Registry:
    """Empty, in every place where kinds are looked up."""
    registry = Registry()
    for module in PLACES:
        monkeypatch.setattr(f"pingpong.tasks.{module}.registry", registry)
    return registry
