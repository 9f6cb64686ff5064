"""`python -m benchmarks.history [rows]`: pages of a long history, by keyset and, as the peer, by OFFSET.

Fills an embedded Postgres with messages (a million if not told otherwise) and prints the median of each kind
of page in milliseconds, as a table in Markdown.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select, text

from pingpong import create_app
from pingpong.extensions import db, init_migrations, release
from pingpong.ops.embedded.postgres import EmbeddedPostgres
from pingpong.settings import load_settings
from pingpong.tasks.history import HistoryQuery, cursor_of, find_page
from pingpong.tasks.models import Task

MIGRATIONS = str(Path(__file__).parent.parent / "migrations")
RUNS = 15
BATCH = 100_000

FILL = """
INSERT INTO tasks (id, kind, params, result, status, progress, attempts,
                   submitted_at, started_at, finished_at, announced_at)
SELECT gen_random_uuid(), 'ping', jsonb_build_object('text', message), to_jsonb('pong ' || message), status,
       100, 1, at, at, at + make_interval(secs => 3 + random()), at
FROM (SELECT 'message ' || n || ' ' || md5(n::text) AS message,
             CASE WHEN n % 1000 = 0 THEN 'failed' ELSE 'done' END AS status,
             clock_timestamp() - make_interval(secs => n) AS at
      FROM generate_series(cast(:first AS integer), cast(:last AS integer)) AS n) AS messages
"""
BY_OFFSET = (
    "SELECT * FROM tasks WHERE kind = 'ping' ORDER BY submitted_at DESC, id DESC LIMIT 26 OFFSET :offset"
)


def main() -> None:
    """Fill, measure, print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with app_with(rows):
        deep = HistoryQuery(after=cursor_at(rows - 100))
        report("first page", page(HistoryQuery()))
        report(f"page {rows // 25:,} by keyset", page(deep))
        report(f"page {rows // 25:,} by OFFSET", lambda: offset_page(rows - 100))
        report("slowest first", page(HistoryQuery(sort="-duration_ms")))
        report("failed only", page(HistoryQuery(status="failed")))
        report("search, one row of all matches", page(HistoryQuery(q=f"message {rows - 5} ")))
        report("search, every row matches", page(HistoryQuery(q="pong message")))
        report("search, nothing matches", page(HistoryQuery(q="needle")))
        report("search of two characters, nothing matches (one window)", page(HistoryQuery(q="zz")))


@contextmanager
def app_with(rows: int) -> Iterator[Flask]:
    """An app in whose history there are so many messages."""
    with tempfile.TemporaryDirectory() as home:
        server = EmbeddedPostgres(Path(home), durable=False)
        app = create_app(load_settings(database_url=server.start(), db_statement_timeout_s=600))
        init_migrations(app)
        try:
            with app.app_context():
                fill(rows)
                yield app
                db.session.remove()
        finally:
            server.discard()


def fill(rows: int) -> None:
    """Write messages, then bring the statistics up to date."""
    upgrade(MIGRATIONS)
    for first in range(1, rows + 1, BATCH):
        db.session.execute(text(FILL), {"first": first, "last": min(first + BATCH - 1, rows)})
        db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE tasks"))


def cursor_at(number: int) -> str:
    """The cursor of the row of that number, newest first."""
    rows = select(Task).order_by(Task.submitted_at.desc(), Task.id.desc())
    return cursor_of(HistoryQuery(), db.session.scalars(rows.offset(number).limit(1)).one())


def page(query: HistoryQuery) -> Callable[[], object]:
    """What finds the page."""
    return lambda: find_page(query)


def offset_page(offset: int) -> object:
    """The page as most would find it."""
    found = db.session.execute(text(BY_OFFSET), {"offset": offset}).all()
    release()
    return found


def report(name: str, find: Callable[[], object]) -> None:
    """Print one row of the table."""
    times = []
    for _ in range(RUNS):
        started_at = time.perf_counter()
        find()
        times.append((time.perf_counter() - started_at) * 1000)
    sys.stdout.write(f"| {name} | {median(times):.1f} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
