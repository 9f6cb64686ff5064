"""Schemathesis reads the description and tries each operation with all it can think of, all its checks on.

Each run tries the same: examples, the edges of every schema, and a fixed number of random requests.
"""

import time
from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
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

RANDOM_REQUESTS = 25
STREAM_FOR_S = 0.02
BEYOND_SCHEMAS = {"after", "before", "query", "topics", "Idempotency-Key"}
"""What may be refused for reasons that no schema tells: a cursor is a word of ours, two of them exclude each
other, a list of topics must name one that is known, and a key may have been used."""


def described() -> dict:
    """The description, as an app without servers gives it."""
    nowhere = {"database_url": "postgresql://", "redis_url": "redis://"}
    return describe(create_app(load_settings(PINGPONG_ENV="test", **nowhere)))


schema = schemathesis.openapi.from_dict(described())
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
def credentials() -> dict[str, str]:
    """The headers of somebody who may call: nobody needs any so far."""
    return {}


@schema.parametrize()
@hypothesis_settings(
    max_examples=RANDOM_REQUESTS,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_route_does_what_its_description_says(
    case: Case, running: Flask, credentials: dict[str, str]
) -> None:
    sent = {"app": running, "timeout": STREAM_FOR_S, "headers": credentials}

    response = case.call(**sent)

    case.validate_response(
        response,
        headers=credentials,
        transport_kwargs=sent,
        excluded_checks=_checks_that_expect_too_much(response),
    )


def _checks_that_expect_too_much(response: Response) -> list:
    if response.status_code != 422 or not response.json()["error"]["fields"].keys() <= BEYOND_SCHEMAS:
        return []
    return CHECKS.get_by_names(["positive_data_acceptance"])
