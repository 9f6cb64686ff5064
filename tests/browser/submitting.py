"""Submissions for browsers to look at: made by the API, in states that a third party would bring."""

from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from playwright.sync_api import Locator, Page
from psycopg import Connection

from tests.browser.chatting import Chatter
from tests.stack import Stack

Ids = dict[str, str]
"""The ids of entities by their refs."""

NO_BUDGET = "HTTP 400: the budget is missing"


def row(page: Page, ref: str) -> Locator:
    """An entity in the list."""
    return page.locator(".dsp-table tbody tr").filter(has=page.get_by_role("link", name=ref, exact=True))


def names(page: Page) -> Locator:
    """The entities in the list, from top to bottom."""
    return page.locator(".dsp-name")


def submit(person: Chatter, *entities: dict[str, Any]) -> Ids:
    """Create a graph past the page, as another program would."""
    made = requests.post(
        f"{person.url}/api/dsp/entities/", json={"entities": entities}, headers=person.bearer, timeout=10
    )
    assert made.ok, made.text
    return {one["ref"]: one["id"] for one in made.json()["entities"]}


def act(person: Chatter, verb: str, entity_id: str) -> None:
    """Retry or cancel an entity past the page."""
    url = f"{person.url}/api/dsp/entities/{entity_id}/{verb}/"
    assert requests.post(url, headers=person.bearer, timeout=10).ok


def entity(ref: str, *needs: str, entity_type: str = "campaign", **payload: Any) -> dict[str, Any]:
    """What is to be created, which depends on others by their refs."""
    depends_on = [f"@{one}" for one in needs]
    return {"ref": ref, "entity_type": entity_type, "payload": payload, "depends_on": depends_on}


def put(stack: Stack, ref: str, status: str, **values: Any) -> None:
    """Have an entity be in a state, without a word to anybody."""
    columns = "".join(f", {name} = %({name})s" for name in values)
    with stack.postgres() as postgres:
        postgres.execute(
            f"UPDATE dsp_entities SET status = %(status)s{columns} WHERE ref = %(ref)s",
            {"status": status, "ref": ref, **values},
        )


def note(stack: Stack, entity_id: str, ago_s: float, **values: Any) -> None:
    """A request that was made for an entity, so long ago."""
    usual = {
        "entity_id": entity_id,
        "at": datetime.now(UTC) - timedelta(seconds=ago_s),
        "action": "submit",
        "attempt": 1,
        "method": "POST",
        "url": "https://dsp.example/v1/ad_group",
        "request": '{"name": "Readers", "campaign_id": "c-77"}',
        "http_status": 202,
        "response": '{"id": "g-4711"}',
        "duration_ms": 184,
        "is_outage": False,
    }
    row = {**usual, **values}
    with stack.postgres() as postgres:
        _insert(postgres, row)


def _insert(postgres: Connection, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    places = ", ".join(f"%({name})s" for name in row)
    postgres.execute(f"INSERT INTO dsp_audit ({names}) VALUES ({places})", row)


def fill(person: Chatter, stack: Stack) -> Ids:
    """A campaign with ad groups and creatives, of which each has come a different way."""
    groups = {"ad-group-1": "Engines", "ad-group-2": "Readers", "ad-group-3": "Weavers"}
    ids = submit(
        person,
        entity("campaign-autumn", name="Autumn", budget=1200),
        *(
            entity(
                ref,
                "campaign-autumn",
                entity_type="ad_group",
                name=name,
                bid={"max": 1.5},
                campaign_id={"$ref": "campaign-autumn.remote_id"},
            )
            for ref, name in groups.items()
        ),
        *(
            entity(
                f"creative-{group[-1]}{letter}",
                group,
                entity_type="creative",
                headline=f"{name}, {letter.upper()}",
            )
            for group, name in groups.items()
            for letter in "abcd"
        ),
        entity("audience-night", entity_type="audience", name="Night owls"),
        entity("report", "creative-1a", "ad-group-2", "audience-night", entity_type="line_item"),
    )
    _as_after_a_while(stack, ids)
    return ids


def _as_after_a_while(stack: Stack, ids: Ids) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=12)
    put(stack, "campaign-autumn", "completed", attempts=1, polls=2, remote_id="c-77", next_attempt_at=None)
    put(stack, "ad-group-1", "completed", attempts=1, polls=3, remote_id="g-4710")
    put(stack, "ad-group-2", "submitted", attempts=3, polls=1, remote_id="g-4711", next_attempt_at=soon)
    put(stack, "ad-group-3", "failed", failure="refused", attempts=1, last_error=NO_BUDGET)
    put(stack, "creative-1a", "completed", attempts=1, polls=2, remote_id="x-1")
    put(stack, "creative-1b", "submitted", attempts=1, polls=1, remote_id="x-2", next_attempt_at=soon)
    put(stack, "creative-1c", "pending", next_attempt_at=soon)
    put(stack, "creative-1d", "cancelled")
    put(
        stack,
        "audience-night",
        "pending",
        attempts=2,
        last_error="HTTP 503: back in a moment",
        next_attempt_at=soon,
    )
    for letter in "abcd":
        put(stack, f"creative-3{letter}", "waiting", blocked_reason=f"ad-group-3 failed: {NO_BUDGET}")
    _note_all(stack, ids)


def _note_all(stack: Stack, ids: Ids) -> None:
    for number in range(17):
        note(stack, ids["campaign-autumn"], 3 + number * 3)
    group = ids["ad-group-2"]
    away = {
        "http_status": 503,
        "response": '{"error": "back in a moment"}',
        "error": "HTTP 503: back in a moment",
    }
    note(stack, group, 51, **away, backoff_secs=1.4)
    note(
        stack,
        group,
        44,
        attempt=2,
        http_status=None,
        response=None,
        duration_ms=15_000,
        error="no answer within 15 s",
        backoff_secs=3.2,
    )
    note(stack, group, 21, attempt=3)
    status = {"method": "GET", "url": "https://dsp.example/v1/ad_group/g-4711/status", "request": None}
    note(
        stack,
        group,
        12,
        action="poll",
        **status,
        http_status=200,
        response='{"status": "pending"}',
        duration_ms=61,
    )
