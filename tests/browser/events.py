"""Events for browsers to look at, and administrators who look at them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from playwright.sync_api import Locator, Page
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from tests.browser.chatting import Chatter, Company
from tests.stack import Stack

INSERT = """
INSERT INTO event_outbox (id, event_type, version, context, environment, request_id, actor_id, occurred_at)
VALUES (%s, %s, 1, %s, 'test', %s, %s, %s)
"""

BATCHES = """
INSERT INTO event_batches (id, events, oldest_at, attempts, shipped_at)
VALUES (%s, 1200, now(), 1, now() - interval '4 seconds'), (%s, 2, now(), 1, NULL)
"""
NEWEST = "SELECT id FROM event_outbox ORDER BY occurred_at DESC LIMIT"
SHIPPED, SHIPPING = UUID(int=1), UUID(int=2)
DAY = 300
KINDS = (
    "task.submitted",
    "task.answered",
    "message.posted",
    "session.began",
    "entity.created",
    "entity.failed",
)


def administrator(company: Company, stack: Stack, **options: object) -> Chatter:
    """Somebody who may see the event log."""
    person = company.join("Root", **options)
    with stack.postgres() as postgres:
        postgres.execute("UPDATE users SET is_admin = true WHERE id = %s", [person.id])
    return person


def happened(
    stack: Stack,
    event_type: str,
    ago_s: float = 0,
    actor_id: str | None = None,
    request_id: str | None = None,
    **context: Any,
) -> None:
    """An event, so long ago."""
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    with stack.postgres() as postgres:
        postgres.execute(INSERT, [uuid7(), event_type, Jsonb(context), request_id, actor_id, at])


def rows(page: Page) -> Locator:
    """The events in the table, from top to bottom."""
    return page.locator(".log-table tbody tr")


def fill(stack: Stack, actor_id: str) -> None:
    """A day of which most was shipped; the newest are under way, and one was refused."""
    for number in range(DAY):
        kind = KINDS[(number * number) % 11 % len(KINDS)]
        ago_s = 24 * 3600 * (number / DAY) ** 2
        task_id = f"01a1fb2c-4f3a-7d10-8c55-{number:012}"
        request_id = f"01a1fb2c-4f39-7b1e-9d0c-{number:012}"
        happened(stack, kind, ago_s, actor_id if number % 3 else None, request_id, task_id=task_id)
    with stack.postgres() as postgres:
        postgres.execute(BATCHES, [SHIPPED, SHIPPING])
        postgres.execute("UPDATE event_outbox SET batch_id = %s", [SHIPPED])
        postgres.execute(f"UPDATE event_outbox SET batch_id = %s WHERE id IN ({NEWEST} 5)", [SHIPPING])
        postgres.execute(f"UPDATE event_outbox SET batch_id = NULL WHERE id IN ({NEWEST} 3)")
        refused = f"UPDATE event_outbox SET refusal = %s WHERE id IN ({NEWEST} 1 OFFSET 2)"
        postgres.execute(refused, ["Code 27, CANNOT_PARSE_INPUT_ASSERTION_FAILED"])
