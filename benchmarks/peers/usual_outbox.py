"""The usual outbox relay: rows become objects, a thousand at a time, are inserted, and are marked one by one.

Sent at least once: after a crash between the insert and the commit, a batch is there twice. It is given the
same Postgres, the same ClickHouse client, and no more work than that. Runs until it is ended.
"""

import os
import time
from urllib.parse import urlsplit

import clickhouse_connect
import psycopg

COLUMNS = ["id", "event_type", "version", "context", "environment", "request_id", "actor_id", "occurred_at"]
SELECT = """
SELECT id, event_type, version, context::text, environment, coalesce(request_id, ''), actor_id, occurred_at
FROM event_outbox WHERE batch_id IS NULL ORDER BY occurred_at, id LIMIT 1000 FOR UPDATE SKIP LOCKED
"""


def main():
    target = urlsplit(os.environ["CLICKHOUSE_URL"])
    client = clickhouse_connect.get_client(host=target.hostname, port=target.port)
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        while True:
            if not relay(connection, client):
                time.sleep(0.5)


def relay(connection, client):
    with connection.transaction(), connection.cursor() as cursor:
        rows = cursor.execute(SELECT).fetchall()
        if rows:
            client.insert("events", rows, column_names=COLUMNS)
            cursor.executemany("UPDATE event_outbox SET batch_id = id WHERE id = %s", [row[:1] for row in rows])
    return len(rows)


if __name__ == "__main__":
    main()
