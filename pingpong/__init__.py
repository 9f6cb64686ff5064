"""Pingpong: a message goes in, a worker answers it three seconds later, every browser sees it at once."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from pingpong.settings import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The app, ready to serve or to work; it has opened no connection yet."""
    # Not above: the scheduler and gunicorn's master import this package, too, and need no app (40 MB each).
    from pingpong.app import build  # noqa: PLC0415

    return build(settings)
