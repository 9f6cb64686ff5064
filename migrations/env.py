"""How Alembic reaches the app's database and models. Run through `flask db …`."""

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db


def migrate_online() -> None:
    """Apply the revisions over the app's own connection.

    A lock lets several releases start at once: one migrates, the others wait and find nothing to do.
    """
    with database.engine.connect() as connection:
        context.configure(connection=connection, target_metadata=database.metadata, compare_type=True)
        with context.begin_transaction():
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('pingpong:migrations'))")
            context.run_migrations()


def migrate_offline() -> None:
    """Print the SQL instead (`flask db upgrade --sql`)."""
    context.configure(url=database.engine.url, target_metadata=database.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    migrate_offline()
else:
    migrate_online()
