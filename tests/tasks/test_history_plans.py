"""How Postgres finds a page of a long history."""

import pytest
from sqlalchemy import event, text

from pingpong.extensions import db


@pytest.fixture
def long_history(app):
    """Twenty thousand rows that Postgres knows the statistics of; one in a thousand failed."""
    db.session.execute(
        text(
            "INSERT INTO tasks (id, kind, params, status, progress, attempts, submitted_at, finished_at) "
            "SELECT gen_random_uuid(), 'ping', jsonb_build_object('text', 'hay ' || md5(n::text)), "
            "CASE WHEN n % 1000 = 0 THEN 'failed' ELSE 'done' END, 100, 1, "
            "clock_timestamp() - n * interval '1 s', clock_timestamp() - n * interval '1 s' "
            "FROM generate_series(1, 20000) AS n"
        )
    )
    db.session.commit()
    db.session.execute(text("ANALYZE tasks"))
    db.session.commit()


@pytest.fixture
def plans(app):
    """The plans of all queries of the history, as they are asked."""
    explained: list[str] = []

    def explain(connection, _cursor, statement, parameters, *_):
        if statement.startswith("SELECT tasks"):
            cursor = connection.connection.cursor()
            cursor.execute("SET LOCAL enable_seqscan = off")  # a short table is read whole sooner
            rows = cursor.execute(f"EXPLAIN {statement}", parameters)
            explained.append("\n".join(row[0] for row in rows))

    event.listen(db.engine, "before_cursor_execute", explain)
    yield explained
    event.remove(db.engine, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "tasks_submitted"),
        ("sort=submitted_at", "tasks_submitted"),
        ("sort=duration_ms", "tasks_duration"),
        ("status=failed", "tasks_status_submitted"),
        ("q=abcdef0", "tasks_search"),
        ("q=zz", "tasks_submitted"),
    ],
)
def test_an_index_serves_every_page_of_a_long_history(long_history, client, plans, query, index):
    cursor = client.get(f"/api/history/?{query}").json["next"]
    if cursor:
        client.get(f"/api/history/?{query}&after={cursor}")

    assert plans
    assert len(plans) <= 4, "a page is one query, or two for a short search"
    assert all(index in plan for plan in plans)
