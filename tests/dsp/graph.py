"""Graphs for tests that need no third party: what it would have answered is settled at once."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, update
from werkzeug.test import TestResponse

from pingpong import clock
from pingpong.dsp.answers import Accepted, Fault, Meaning, Refused, Succeeded
from pingpong.dsp.models import Entity, dependency_ids
from pingpong.dsp.picking import Picked
from pingpong.dsp.settling import Exchange, settle
from pingpong.dsp.states import TO_SEND, EntityStatus
from pingpong.extensions import db
from tests.dsp.conftest import load
from tests.people import SomeOne

API = "/api/dsp/entities/"
NOBODY = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"
NO_ANSWER = Fault("did not answer in time", is_outage=False)


def claimed(entity_id: UUID) -> Picked:
    """A claim under which a request has just left."""
    claim = uuid4()
    lasts = {"claimed_until": clock.now() + timedelta(hours=1), "requested_at": clock.now()}
    db.session.execute(update(Entity).where(Entity.id == entity_id).values(claim=claim, **lasts))
    db.session.commit()
    return Picked(entity_id, claim)


def answered(entity: Entity, *meanings: Meaning) -> Entity:
    """As if the third party had been asked, and answered so, one after the other."""
    for meaning in meanings:
        action = TO_SEND[load(entity.id).status]
        settle(claimed(entity.id), Exchange(action, "POST", "http://dsp/v1/campaign", None), meaning)
    return load(entity.id)


def complete(*entities: Entity) -> None:
    """All of them, in this order."""
    for entity in entities:
        answered(entity, Accepted(f"remote-{entity.ref}"), Succeeded())


def fail(entity: Entity, error: str = "no budget") -> Entity:
    """The third party says no."""
    return answered(entity, Refused(error))


def statuses(*entities: Entity) -> list[EntityStatus]:
    return [load(entity.id).status for entity in entities]


def reasons(*entities: Entity) -> list[str | None]:
    """What blocks each of them."""
    return [load(entity.id).blocked_reason for entity in entities]


def needs(entity: Entity) -> list[UUID]:
    return dependency_ids([entity.id])[entity.id]


def stored() -> list[str | None]:
    """The refs of all that there is, in the order in which it was created."""
    return list(db.session.scalars(select(Entity.ref).order_by(Entity.id)))


def ask(person: SomeOne, method: str, path: str = "", **body: object) -> TestResponse:
    """A request to the API of entities, by cookie; without a body for GET."""
    json_body = {} if method == "GET" else {"json": body}
    return person.browser.open(API + path, method=method, headers=person.csrf, **json_body)


def problems(response: TestResponse) -> dict[str, list[str]]:
    """What a request was refused for, by field."""
    assert response.status_code == 422, response.json
    assert response.json["error"]["code"] == "validation_error"
    return response.json["error"]["fields"]
