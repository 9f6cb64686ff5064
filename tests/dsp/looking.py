"""Submissions as somebody sees them on the pages, in states that are written rather than waited for."""

import re
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import update
from werkzeug.test import TestResponse

from pingpong.accounts.models import User
from pingpong.dsp.creating import create
from pingpong.dsp.models import Entity, EntityAudit
from pingpong.dsp.schemas import NewEntity
from pingpong.dsp.states import Action
from pingpong.extensions import db
from tests.people import SomeOne

PAGE = {"Accept": "text/html"}
URL = "http://127.0.0.1:1"


def made(person: SomeOne, *refs: str, **needs: list[str]) -> list[UUID]:
    """Campaigns of a person; `b=["@a"]` says what one depends on."""
    wanted = [NewEntity(entity_type="campaign", ref=ref, depends_on=needs.get(ref, [])) for ref in refs]
    return create(db.session.get(User, person.id), wanted, as_graph=True)


def put(id_: UUID, **values: object) -> None:
    """Have an entity be in a state, however it came there."""
    db.session.execute(update(Entity).where(Entity.id == id_).values(**values))
    db.session.commit()


def sent(id_: UUID, **values: object) -> None:
    """A request that was made for an entity."""
    usual = {
        "at": datetime.now(UTC),
        "action": Action.SUBMIT,
        "attempt": 1,
        "method": "POST",
        "url": f"{URL}/v1/campaign",
        "request": '{"name": "Autumn"}',
        "http_status": 202,
        "response": '{"id": "remote-1"}',
        "duration_ms": 120,
    }
    db.session.add(EntityAudit(entity_id=id_, **{**usual, **values}))
    db.session.commit()


def page(person: SomeOne, path: str = "/dsp/", status: int = 200) -> str:
    response = person.browser.get(path, headers=PAGE)
    assert response.status_code == status
    return response.text


def send(person: SomeOne, path: str, **fields: object) -> TestResponse:
    data = {"csrf_token": person.csrf_token, **fields}
    return person.browser.post(path, data=data, headers=PAGE)


def names(html: str) -> list[str]:
    """The entities in the table, from top to bottom."""
    return re.findall(r'class="dsp-name" href="[^"]+">([^<]+)<', html)


def words(html: str) -> str:
    """The page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
