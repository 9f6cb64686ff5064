"""A third party, and people who submit to it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from pingpong import clock
from pingpong.accounts.models import User
from pingpong.dsp.creating import create
from pingpong.dsp.jobs import pick_due
from pingpong.dsp.models import Entity
from pingpong.dsp.schemas import NewEntity
from pingpong.extensions import db
from tests.conftest import changed
from tests.dsp.party import Party
from tests.people import PASSWORD, some_address


@pytest.fixture
def party() -> Iterator[Party]:
    """The third party, which answers as the test says."""
    with Party() as running:
        yield running


@pytest.fixture
def dsp(app: Flask, party: Party) -> Iterator[Flask]:
    """The app, with that third party, and without waiting for the rate limit."""
    with changed(app, dsp_api_url=party.url, dsp_rate_limit=100_000, dsp_timeout_s=2.0):
        yield app


@pytest.fixture
def ada(app: Flask) -> User:
    return User.register(email=some_address(), password=PASSWORD)


Submit = Callable[..., list[Entity]]


@pytest.fixture
def submit(ada: User) -> Submit:
    """Create a graph, given as `ref=[refs that it depends on]`; returns the entities."""

    def submit_all(owner: User = ada, **graph: list[str]) -> list[Entity]:
        wanted = [new(ref, needs) for ref, needs in graph.items()]
        return [load(id_) for id_ in create(owner, wanted, as_graph=True)]

    return submit_all


@pytest.fixture
def mine(submit: Submit) -> Entity:
    """One that may be sent at once."""
    return submit(mine=[])[0]


@pytest.fixture
def other(submit: Submit) -> Entity:
    """Another."""
    return submit(other=[])[0]


@pytest.fixture
def turn(dsp: Flask, work: Callable[[], None]) -> Callable[[], int]:
    """Let the scheduler pick what is due, and workers send it; returns how many were picked."""

    def once() -> int:
        picked = pick_due()
        work()
        return picked

    return once


def new(ref: str, needs: list[str], entity_type: str = "campaign", payload: Any = None) -> NewEntity:
    """An entity that depends on others by their refs."""
    return NewEntity(
        entity_type=entity_type,
        payload={"name": ref} if payload is None else payload,
        depends_on=[f"@{one}" for one in needs],
        ref=ref,
    )


def load(entity_id: UUID) -> Entity:
    """The entity as it is stored now."""
    found = db.session.get_one(Entity, entity_id, populate_existing=True)
    db.session.commit()
    return found


def make_due(*entities: Entity) -> None:
    """As if the time had come at which something is to be sent for them; without any, for all."""
    ids = [one.id for one in entities]
    which = Entity.id.in_(ids) if ids else Entity.next_attempt_at.is_not(None)
    db.session.execute(update(Entity).where(which).values(next_attempt_at=clock.now()))
    db.session.commit()
