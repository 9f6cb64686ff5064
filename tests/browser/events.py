"""Events for browsers to look at, and administrators who look at them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Page
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from tests.browser.chatting import Chatter, Company
from tests.stack import Stack

INSERT = """
INSERT INTO event_outbox (id, event_type, version, context, environment, request_id, actor_id, occurred_at)
VALUES (%s, %s, 1, %s, 'test', %s, %s, %s)
"""


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
