"""However many events there are, a page reads few: an index serves each query, in the order of the list."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event, text

from pingpong.extensions import db
from pingpong.ops.eventlog.reading import find_page
from pingpong.ops.eventlog.schemas import EventQuery

MANY = 20_000
ADA = "00000000-0000-0000-0000-000000000001"

FILL = text("""
INSERT INTO event_outbox
  (id, event_type, version, context, environment, actor_id, occurred_at, batch_id, refusal)
SELECT gen_random_uuid(), 'type.number_' || i % 8, 1, jsonb_build_object('number', i), 'test',
  lpad((i % 200)::text, 32, '0')::uuid, now() - i * interval '1 second',
  CASE WHEN i > 500 AND i % 1000 <> 0 THEN lpad((i / 1000)::text, 32, '0')::uuid END,
  CASE WHEN i % 1000 = 0 THEN 'Code 27' END
FROM generate_series(1, :many) i
""")
BATCHES = text("""
INSERT INTO event_batches (id, events, oldest_at, attempts, shipped_at)
SELECT lpad(b::text, 32, '0')::uuid, 1000, now() - b * interval '1000 seconds', 1,
  CASE WHEN b > 2 THEN now() END
FROM generate_series(0, :many / 1000) b
""")


@pytest.fixture
def _many(app) -> None:
    db.session.execute(FILL, {"many": MANY})
    db.session.execute(BATCHES, {"many": MANY})
    db.session.execute(text("ANALYZE event_outbox, event_batches"))
    db.session.commit()


@pytest.fixture
def plans() -> Iterator[list[str]]:
    """How Postgres reads what is read from now on."""
    seen: list[str] = []

    def explain(_connection, cursor, statement, parameters, _context, _many) -> None:
        if "event_outbox" in statement:
            cursor.execute(f"EXPLAIN (ANALYZE) {statement}", parameters)
            seen.append("\n".join(row[0] for row in cursor.fetchall()))

    event.listen(db.engine, "before_cursor_execute", explain)
    yield seen
    event.remove(db.engine, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "event_outbox_time"),
        ({"state": "shipped"}, "event_outbox_time"),
        ({"until": "2001-01-01"}, "event_outbox_time"),
        ({"event_type": "type.number_1"}, "event_outbox_type"),
        ({"actor": ADA}, "event_outbox_actor"),
        ({"actor": ADA, "event_type": "type.number_1"}, "event_outbox_actor"),
        ({"state": "set_aside", "event_type": "type.number_0"}, "event_outbox_refused"),
        ({"state": "waiting"}, "event_outbox_waiting"),
        ({"state": "shipping"}, "event_outbox_batch"),
        ({"state": "shipping", "event_type": "type.number_1"}, "event_outbox_batch"),
    ],
)
@pytest.mark.usefixtures("_many")
def test_an_index_serves_it(plans, query, index):
    find_page(EventQuery(**query))

    assert index in plans[0]
    assert "Seq Scan on event_outbox" not in plans[0]


@pytest.mark.parametrize("query", [{}, {"event_type": "type.number_1"}])
@pytest.mark.usefixtures("_many")
def test_what_is_read_is_not_sorted(plans, query):
    find_page(EventQuery(**query))

    assert "Sort" not in plans[0]
