"""Processes start in any order: each waits for what it needs, says so, and goes on."""

import threading

import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from pingpong.extensions import db

log = structlog.get_logger(__name__)

ASK_EVERY_S = 1.0


def wait_for_database(app: Flask, stopping: threading.Event | None = None) -> None:
    """Return when Postgres answers and has been migrated (or `stopping` is set)."""
    stopping = stopping or threading.Event()
    told = None
    while not stopping.is_set() and (reason := _missing(app)):
        if reason != told:
            log.warning("waiting_for_database", reason=reason)
            told = reason
        stopping.wait(ASK_EVERY_S)
    if told:
        log.info("database_is_there")


def _missing(app: Flask) -> str | None:
    with app.app_context():
        try:
            migrated = db.session.execute(text("SELECT version_num FROM alembic_version")).first()
        except SQLAlchemyError as error:
            return str(error).partition("\n")[0]
        return None if migrated else "not migrated yet"
