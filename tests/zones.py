"""Postgres in another time zone, for tests."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import Connection, event

from pingpong.extensions import db


@contextlib.contextmanager
def in_zone(zone: str) -> Iterator[None]:
    """Each transaction that begins meanwhile, on any connection, has this time zone; none afterwards."""

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL TIME ZONE '{zone}'")

    db.session.rollback()
    event.listen(db.engine, "begin", begin)
    try:
        yield
    finally:
        event.remove(db.engine, "begin", begin)
        db.session.rollback()
