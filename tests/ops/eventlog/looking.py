"""Events that have happened, wherever they are on their way, and the page that shows them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import delete, insert, select, update
from uuid_utils.compat import uuid7

from pingpong import clock
from pingpong.eventlog.models import EventBatch, OutboxEvent
from pingpong.extensions import db
from tests.people import SomeOne, some_one

PAGE = {"Accept": "text/html"}
PATH = "/events-log/"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def come(app: Flask, **fields: Any) -> SomeOne:
    """Somebody who has logged in; of that, nothing is left in the log."""
    person = some_one(app, **fields)
    db.session.execute(delete(OutboxEvent))
    db.session.commit()
    return person


def happened(event_type: str = "task.answered", at: datetime | None = None, **values: object) -> UUID:
    """An event, at that moment or now."""
    usual = {"version": 1, "context": {}, "environment": "test", "occurred_at": at or clock.now()}
    row = {"id": uuid7(), "event_type": event_type, **usual, **values}
    db.session.execute(insert(OutboxEvent), row) if at else db.session.add(OutboxEvent(**row))
    db.session.commit()
    return row["id"]


def series(count: int, event_type: str = "task.answered", **values: object) -> list[UUID]:
    """So many events, a second apart, numbered in their contexts; the newest comes first."""
    rows = [
        {
            "id": uuid7(),
            "event_type": event_type,
            "version": 1,
            "context": {"number": number},
            "environment": "test",
            "occurred_at": NOON + timedelta(seconds=number),
            **values,
        }
        for number in range(count)
    ]
    db.session.execute(insert(OutboxEvent), rows)
    db.session.commit()
    return [row["id"] for row in reversed(rows)]


def batched(*ids: UUID, shipped_ago_s: float | None = None, error: str | None = None) -> UUID:
    """Put events into a batch, that is on its way or was shipped."""
    batch_id, times = uuid7(), OutboxEvent.occurred_at
    oldest = db.session.scalar(select(times).where(OutboxEvent.id.in_(ids)).order_by(times).limit(1))
    shipped_at = None if shipped_ago_s is None else clock.now() - timedelta(seconds=shipped_ago_s)
    db.session.add(
        EventBatch(id=batch_id, events=len(ids), oldest_at=oldest, shipped_at=shipped_at, last_error=error)
    )
    db.session.execute(update(OutboxEvent).where(OutboxEvent.id.in_(ids)).values(batch_id=batch_id))
    db.session.commit()
    return batch_id


def set_aside(event_id: UUID, refusal: str = "Code 27, CANNOT_PARSE_INPUT") -> None:
    """ClickHouse refuses it."""
    db.session.execute(update(OutboxEvent).where(OutboxEvent.id == event_id).values(refusal=refusal))
    db.session.commit()


def page(person: SomeOne, query: str = "", status: int = 200) -> str:
    response = person.browser.get(f"{PATH}{query}", headers=PAGE)
    assert response.status_code == status
    return response.text


def words(html: str) -> str:
    """The page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rows(html: str) -> list[str]:
    """What the table says, from top to bottom."""
    return [words(row) for row in re.findall(r"<tr data-state=.*?</tr>", html, re.DOTALL)]


def following(html: str, relation: str = "next") -> str | None:
    """The query of the page behind, or (`prev`) of the page before."""
    found = re.search(rf'rel="{relation}" href="{PATH}([^"]+)"', html)
    return found and found[1].replace("&amp;", "&")
