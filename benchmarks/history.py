"""`python -m benchmarks.history [--rows …]`: pages of a long history, by keyset and, as the peer, by OFFSET.

Fills an embedded Postgres with messages (a million if not told otherwise) and prints the median of each kind
of page in milliseconds, as a table in Markdown.
"""

import time
from collections.abc import Callable, Mapping
from statistics import median

from sqlalchemy import select, text

from benchmarks.database import empty_app
from benchmarks.report import Plan, Section, Target, number, print_alone, say, table
from pingpong.extensions import db, release
from pingpong.tasks.history import HistoryQuery, find_page, place_of
from pingpong.tasks.models import Task

RUNS = 15
BATCH = 100_000
LEAST_LEAD = 10

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


def measure(plan: Plan) -> Section:
    """Fill, then time each kind of page."""
    rows = plan.history_rows
    say(f"a history of {rows:,} messages")
    with empty_app():
        fill(rows)
        times_ms = {name: median_ms(find) for name, find in pages(rows).items()}
    last, by_offset = f"page {rows // 25:,} by keyset", f"page {rows // 25:,} by OFFSET (the peer)"
    text = f"The median of {RUNS} pages, of {rows:,} messages.\n\n{page_table(times_ms)}"
    lead = times_ms[by_offset] / times_ms[last]
    target = Target("The last page by OFFSET : by keyset", "above 10", number(lead), lead > LEAST_LEAD)
    return Section("A long history", f"python -m benchmarks.history --rows {rows}", text, [target])


def pages(rows: int) -> dict[str, Callable[[], object]]:
    """What finds each kind of page in a history of so many rows."""
    deep = HistoryQuery(after=cursor_at(rows - 100))
    return {
        "first page": page(HistoryQuery()),
        f"page {rows // 25:,} by keyset": page(deep),
        f"page {rows // 25:,} by OFFSET (the peer)": lambda: offset_page(rows - 100),
        "slowest first": page(HistoryQuery(sort="-duration_ms")),
        "failed only (one in a thousand)": page(HistoryQuery(status="failed")),
        "search, one row of all matches": page(HistoryQuery(q=f"message {rows - 5} ")),
        "search, every row matches": page(HistoryQuery(q="pong message")),
        "search, nothing matches": page(HistoryQuery(q="needle")),
        "search of two characters, nothing matches: one window": page(HistoryQuery(q="zz")),
    }


def page_table(times_ms: Mapping[str, float]) -> str:
    """A row for each kind of page."""
    return table(["Page", "ms"], [[name, number(milliseconds)] for name, milliseconds in times_ms.items()])


def fill(rows: int) -> None:
    """Write messages, then bring the statistics up to date."""
    for first in range(1, rows + 1, BATCH):
        db.session.execute(text(FILL), {"first": first, "last": min(first + BATCH - 1, rows)})
        db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE tasks"))


def cursor_at(number: int) -> str:
    """The cursor of the row of that number, newest first."""
    rows = select(Task).order_by(Task.submitted_at.desc(), Task.id.desc())
    return str(place_of(HistoryQuery(), db.session.scalars(rows.offset(number).limit(1)).one()))


def page(query: HistoryQuery) -> Callable[[], object]:
    """What finds the page."""
    return lambda: find_page(query)


def offset_page(offset: int) -> object:
    """The page as most would find it."""
    found = db.session.execute(text(BY_OFFSET), {"offset": offset}).all()
    release()
    return found


def median_ms(find: Callable[[], object]) -> float:
    """How long it takes, typically."""
    times = []
    for _ in range(RUNS):
        started_at = time.perf_counter()
        find()
        times.append((time.perf_counter() - started_at) * 1000)
    return median(times)


if __name__ == "__main__":
    print_alone(measure, __doc__)
