"""What every test may use: an app on its own Postgres and Redis, empty at the start of each test.

Each xdist process has its own servers (or its own database on the servers that the environment names), so
tests need no order and run beside each other.
"""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from redis import Redis
from rq import Queue, SimpleWorker
from sqlalchemy import text
from werkzeug.test import TestResponse

from pingpong import create_app
from pingpong.extensions import db, init_migrations
from pingpong.live.extension import listen
from pingpong.ops.admin import init_admin
from pingpong.ops.metrics import init_metrics
from pingpong.queue.queues import QUEUES
from pingpong.settings import Settings, load_settings
from tests.counted import Counted
from tests.servers import Servers, start_servers

ROOT = Path(__file__).parent.parent
UNLIMITED = "1000000/second"
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")

# How long an example takes says something about the machine, nothing about the code.
hypothesis_settings.register_profile("pingpong", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("pingpong")


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> Iterator[None]:
    """Refuse every address but this machine's: a test that needs another host is wrong."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    started = start_servers(tmp_path_factory.mktemp("servers"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def settings(servers: Servers) -> Settings:
    """Pings are answered at once, and what waits in production waits less."""
    return load_settings(
        PINGPONG_ENV="test",
        database_url=servers.database_url,
        redis_url=servers.redis_url,
        ping_delay_s=0,
        rescue_after_s=0.001,
        check_timeout_s=5,
        user_rate_limit=UNLIMITED,
        anonymous_rate_limit=UNLIMITED,
        submit_rate_limit=UNLIMITED,
        login_address_rate_limit=UNLIMITED,
    )


class OutsideClient(FlaskClient):
    """Each request has a context of its own, as it has in a server, though the test is inside of one."""

    def open(self, *args: object, **options: object) -> TestResponse:
        with self.application.app_context():
            try:
                return super().open(*args, **options)
            finally:
                structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def _migrated_app(settings: Settings) -> Flask:
    app = create_app(settings)
    init_admin(app)
    init_metrics(app)
    app.testing = True
    app.test_client_class = OutsideClient
    with app.app_context():
        init_migrations(app)
        upgrade(str(ROOT / "migrations"))
    return app


@pytest.fixture
def app(_migrated_app: Flask) -> Iterator[Flask]:
    with _migrated_app.app_context():
        _migrated_app.extensions["announcer"].run_once()  # what a test has left untold
        db.session.execute(text("TRUNCATE users, tasks, conversations, event_outbox, event_batches CASCADE"))
        db.session.commit()
        _migrated_app.extensions["redis"].flushdb()
        yield _migrated_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def redis(app: Flask) -> Redis:
    client: Redis = app.extensions["redis"]
    return client


@pytest.fixture
def work(app: Flask, redis: Redis):
    """Do all jobs that wait, one after the other, with RQ's own simplest worker; then tell their news."""

    def work_all() -> None:
        queues = [Queue(name, connection=redis) for name in QUEUES]
        SimpleWorker(queues, connection=redis).work(burst=True)
        app.extensions["announcer"].run_once()

    return work_all


@pytest.fixture
def live(app: Flask) -> Iterator[Flask]:
    """The app with a hub of its own that hears what is published."""
    kept = app.extensions["hub"]
    app.extensions["hub"] = type(kept)(ring_length=1000, buffer_length=100)
    listener = listen(app)
    assert app.extensions["hub"].filled.wait(10)
    yield app
    listener.stop()
    app.extensions["hub"] = kept


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """What this process counts from now on."""
    return Counted(monkeypatch)


@contextlib.contextmanager
def changed(app: Flask, **values: object) -> Iterator[None]:
    """The app with other settings for a while."""
    kept = app.extensions["settings"]
    app.extensions["settings"] = kept.model_copy(update=values)
    try:
        yield
    finally:
        app.extensions["settings"] = kept
