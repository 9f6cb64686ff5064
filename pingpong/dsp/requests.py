"""What is sent for an entity: `POST /v1/{type}` to create it, `GET /v1/{type}/{id}/status` to ask for it."""

import json
from urllib.parse import quote

from sqlalchemy import select

from pingpong.dsp.client import Request
from pingpong.dsp.models import Entity, dependencies
from pingpong.dsp.references import resolved
from pingpong.dsp.states import Action
from pingpong.extensions import db, release, settings


def request_for(entity: Entity) -> Request:
    """The next request: its submission, or, once it was taken, the question how it stands."""
    return _REQUESTS[entity.action](entity)


def _submit(entity: Entity) -> Request:
    body = json.dumps(resolved(entity.payload, _remote_ids(entity)), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": entity.idempotency_key,
        **_credentials(),
    }
    return Request("POST", f"{settings.dsp_api_url}/v1/{entity.entity_type}", headers, body)


def _poll(entity: Entity) -> Request:
    remote_id = quote(entity.remote_id or "", safe="")
    url = f"{settings.dsp_api_url}/v1/{entity.entity_type}/{remote_id}/status"
    return Request("GET", url, _credentials())


_REQUESTS = {Action.SUBMIT: _submit, Action.POLL: _poll}


def _credentials() -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.dsp_api_token}"} if settings.dsp_api_token else {}


def _remote_ids(entity: Entity) -> dict[str, str]:
    """What the dependencies, all of them completed, are called there, by their refs and ids."""
    theirs = db.session.execute(
        select(Entity.id, Entity.ref, Entity.remote_id)
        .join(dependencies, dependencies.c.dependency_id == Entity.id)
        .where(dependencies.c.entity_id == entity.id)
    ).all()
    release()
    by_ref = {row.ref: row.remote_id for row in theirs if row.ref}
    return {**by_ref, **{str(row.id): row.remote_id for row in theirs}}
