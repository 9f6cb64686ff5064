"""Examples for the description of the API."""

from pydantic.config import JsonDict

EXAMPLE_ID = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"
OTHER_ID = "01a1fb2d-77c1-7aa0-8c1e-0d9f7b1c2a33"
# Without a reference to another: whoever reads a description takes "$ref" for one of its own.
EXAMPLE_PAYLOAD: JsonDict = {"name": "Autumn", "budget": {"amount": 250, "currency": "EUR"}}
EXAMPLE_ENTITY: JsonDict = {
    "id": EXAMPLE_ID,
    "ref": "ad-group-1",
    "entity_type": "ad_group",
    "payload": EXAMPLE_PAYLOAD,
    "status": "waiting",
    "failure": None,
    "blocked_reason": "campaign-1 failed: HTTP 400: the budget is missing",
    "depends_on": [OTHER_ID],
    "attempts": 0,
    "polls": 0,
    "last_error": None,
    "remote_id": None,
    "next_attempt_at": None,
    "owner_id": OTHER_ID,
    "created_at": "2026-11-20T22:55:49.670146Z",
    "updated_at": "2026-11-20T22:55:52.677313Z",
}
EXAMPLE_AUDIT: JsonDict = {
    "time": "2026-11-20T22:55:50.101234Z",
    "action": "submit",
    "attempt": 1,
    "method": "POST",
    "url": "https://dsp.example/v1/ad_group",
    "request": '{"name": "Autumn"}',
    "http_status": 202,
    "response": '{"id": "ag-17"}',
    "duration_ms": 212,
    "backoff_secs": None,
    "error": None,
}
EXAMPLE_NODE: JsonDict = {
    name: EXAMPLE_ENTITY[name] for name in ("id", "ref", "entity_type", "status", "blocked_reason")
}
EXAMPLE_STANDING: JsonDict = {
    "is_configured": True,
    "limit": 40,
    "window_s": 60.0,
    "used": 12,
    "stopped_for_s": 0.0,
    "circuit": {"status": "closed", "next_probe_in_s": None},
    "entities": {"waiting": 15, "pending": 3, "submitted": 2, "completed": 40, "failed": 1, "cancelled": 0},
    "blocked": 12,
}
