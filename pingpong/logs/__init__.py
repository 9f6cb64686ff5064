"""Structured logs: one event per line, JSON in production and readable colours in development.

Everything goes through the standard library's logging, so that the lines of gunicorn, RQ and SQLAlchemy look
like ours. What is bound with `structlog.contextvars` (request, user, task and job ids) is on every line. What
never appears, and the fields, are in docs/logs.md.
"""

from pingpong.logs.setup import configure_logging

__all__ = ["configure_logging"]
