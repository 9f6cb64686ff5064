"""The Flask extensions and Redis, made once, without an app. `create_app` binds them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import cast

import click
from flask import Flask, current_app
from flask_bootstrap import Bootstrap5
from flask_sqlalchemy import SQLAlchemy
from redis import Redis
from sqlalchemy import CursorResult, UpdateBase
from sqlalchemy.orm import DeclarativeBase
from werkzeug.local import LocalProxy

from pingpong.database import engine_options, give_up_read_only, watch_connections
from pingpong.redis_client import connect
from pingpong.settings import Settings


class Base(DeclarativeBase):
    """The base of every model."""


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
bootstrap = Bootstrap5()
redis = cast("Redis", LocalProxy(lambda: current_app.extensions["redis"]))
settings = cast(Settings, LocalProxy(lambda: current_app.extensions["settings"]))


def init_extensions(app: Flask, values: Settings) -> None:
    """Bind the extensions to the app. Opens no connection: a process starts before what it needs is up."""
    app.extensions["settings"] = values
    app.extensions["redis"] = connect(values)
    app.config["SQLALCHEMY_DATABASE_URI"] = values.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(values)
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    db.init_app(app)
    bootstrap.init_app(app)
    if click.get_current_context(silent=True):
        init_migrations(app)
    with app.app_context():
        watch_connections(db.engine, values)
        give_up_read_only(db.engine)


def init_migrations(app: Flask) -> None:
    """Let the shell migrate the database (`flask db upgrade`). Other processes spare the 10 MB for that."""
    from flask_migrate import Migrate  # noqa: PLC0415

    Migrate(app, db)


def execute_count(statement: UpdateBase) -> int:
    """Execute an UPDATE or DELETE in the session; returns how many rows it concerned."""
    result = cast("CursorResult[tuple[()]]", db.session.execute(statement))
    return result.rowcount


@contextmanager
def committed() -> Iterator[None]:
    """Commit what the block does, or roll it back if it raises: its locks are let go in either case."""
    with ExitStack() as undo:
        undo.callback(db.session.rollback)
        yield
        db.session.commit()
        undo.pop_all()


def release() -> None:
    """End a read and give its connection back. What was read stays loaded; a rollback would expire it."""
    db.session.commit()
