"""An app on an empty database of its own, for what needs no processes."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from pingpong import create_app
from pingpong.extensions import db, init_migrations
from pingpong.logs import configure_logging
from pingpong.ops.embedded.postgres import EmbeddedPostgres
from pingpong.settings import load_settings

MIGRATIONS = str(Path(__file__).parent.parent / "migrations")


@contextmanager
def empty_app(*, durable: bool = False, **settings: object) -> Iterator[Flask]:
    """The app, in its context, migrated. `durable`: each commit of its Postgres waits for the disk."""
    with tempfile.TemporaryDirectory() as home:
        server = EmbeddedPostgres(Path(home), durable=durable)
        values = load_settings(
            database_url=server.start(), db_statement_timeout_s=600, log_level="error", **settings
        )
        configure_logging(values, "benchmark", sys.stderr)  # the figures alone go to standard output
        app = create_app(values)
        init_migrations(app)
        try:
            with app.app_context():
                upgrade(MIGRATIONS)
                yield app
                db.session.remove()
        finally:
            server.discard()
