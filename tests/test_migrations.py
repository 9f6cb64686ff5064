"""The migrations: up, down and up again, and what they make is what the models say."""

from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from pingpong import create_app
from pingpong.extensions import db, init_migrations

MIGRATIONS = str(Path(__file__).parent.parent / "migrations")
NAME = "pingpong_test_migrations"


@pytest.fixture
def empty_app(servers, settings):
    """An app on a database of its own that holds nothing."""
    with psycopg.connect(servers.database_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {NAME}")
        admin.execute(f"CREATE DATABASE {NAME}")
    url = settings.database_url.replace(f"/{_database(servers)}", f"/{NAME}", 1)
    app = create_app(settings.model_copy(update={"database_url": url}))
    init_migrations(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _database(servers) -> str:
    with psycopg.connect(servers.database_url) as connection:
        return connection.info.dbname


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_they_go_up_and_down_and_up_again(empty_app):
    upgrade(MIGRATIONS)
    made = tables()
    downgrade(MIGRATIONS, "base")
    left = tables()
    upgrade(MIGRATIONS)

    assert made == set(db.metadata.tables)
    assert left == set()
    assert tables() == made


def test_they_make_what_the_models_say(empty_app):
    upgrade(MIGRATIONS)

    with db.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), db.metadata)

    assert differences == []
