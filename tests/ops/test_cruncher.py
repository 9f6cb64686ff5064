"""The cruncher's process, before it forks."""

import pytest
from flask import Flask
from sqlalchemy import text

from pingpong import create_app
from pingpong.extensions import db
from pingpong.ops import cruncher
from pingpong.queue.cruncher import Cruncher
from pingpong.tasks.prompt import PromptAnnouncer


@pytest.fixture
def app(app, settings, monkeypatch) -> Flask:
    """An app of its own, and no collection of garbage frozen for the other tests."""
    monkeypatch.setattr("pingpong.ops.cruncher.settle", lambda: None)
    return create_app(settings)


def test_no_connection_is_open_when_it_forks(app, monkeypatch):
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        db.session.commit()
        assert db.engine.pool.checkedin() == 1
    open_connections = []

    def start(_: Cruncher) -> None:
        with app.app_context():
            open_connections.append(db.engine.pool.checkedin())

    monkeypatch.setattr(Cruncher, "start", start)
    cruncher.work(app)

    assert open_connections == [0]


def test_its_processes_tell_their_news_at_once(app, monkeypatch):
    monkeypatch.setattr(Cruncher, "start", lambda _: None)

    cruncher.work(app)

    assert isinstance(app.extensions["announcer"], PromptAnnouncer)
