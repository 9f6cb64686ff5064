"""Schemathesis reads the description and tries each operation with all it can think of, all its checks on.

Each run tries the same: examples, the edges of every schema, and a fixed number of random requests.
"""

import time
from collections.abc import Callable, Iterable, Iterator

import pytest
import schemathesis
from flask import Flask, current_app
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from rq import Queue, SimpleWorker
from schemathesis import Case
from schemathesis.checks import CHECKS
from schemathesis.core.transport import Response

from pingpong import create_app
from pingpong.openapi.document import describe
from pingpong.ops.heartbeat import beat
from pingpong.queue.queues import QUEUES
from pingpong.settings import load_settings
from tests.conftest import changed
from tests.people import some_one

RANDOM_REQUESTS = 25
STREAM_FOR_S = 0.02
BEYOND_SCHEMAS = {
    *("after", "before"),  # a cursor is a word of ours
    *("participants", "user_ids"),  # people who exist
    *("query", "body"),  # fields that exclude or need each other
    *("name", "first_name", "last_name", "username", "email"),  # words have rules of their own
    *(
        "password",
        "password_confirm",
        "old_password",
        "new_password",
    ),  # nobody guesses it, and it is the right one
    *("entities", "entity_type", "payload", "depends_on", "ref"),  # known types and entities, no cycles
    "topics",  # one of those asked for must be known
    "Idempotency-Key",  # may have been used
}
"""What may be refused for reasons that no schema tells."""


def described() -> dict:
    """The description, as an app without servers gives it."""
    nowhere = {"database_url": "postgresql://", "redis_url": "redis://"}
    return describe(create_app(load_settings(PINGPONG_ENV="test", **nowhere)))


def served(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """The test's app; each request has a context of its own, though the test is inside of one."""
    app = current_app._get_current_object()
    with app.app_context():
        return app(environ, start_response)


schema = schemathesis.openapi.from_dict(described())
schema.app = served
schema.config.generation.update(deterministic=True, database="none")


@pytest.fixture
def running(live: Flask, redis) -> Iterator[Flask]:
    """The app with all that it needs: it is ready, and its streams say something often."""
    worker = SimpleWorker([Queue(name, connection=redis) for name in QUEUES], connection=redis)
    worker.register_birth()
    beat(time.time())
    with changed(live, live_comment_every_s=STREAM_FOR_S / 2):
        yield live
    worker.register_death()


@pytest.fixture
def credentials(running: Flask) -> dict[str, str]:
    """The headers of somebody who may call."""
    return some_one(running).bearer


@schema.parametrize()
@hypothesis_settings(
    max_examples=RANDOM_REQUESTS,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_route_does_what_its_description_says(case: Case, credentials: dict[str, str]) -> None:
    sent = {"timeout": STREAM_FOR_S, "headers": credentials}

    response = case.call(**sent)

    case.validate_response(
        response,
        headers=credentials,
        transport_kwargs=sent,
        excluded_checks=_checks_that_expect_too_much(response),
    )


def _checks_that_expect_too_much(response: Response) -> list:
    if response.status_code != 422:
        return []
    fields = {name.rpartition(".")[2] for name in response.json()["error"]["fields"]}
    if not fields <= BEYOND_SCHEMAS:
        return []
    return CHECKS.get_by_names(["positive_data_acceptance"])
