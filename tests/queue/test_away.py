"""What is said of a Redis that does not do what it is told."""

import logging

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from pingpong.queue.away import Availability


def test_the_reason_is_told_without_the_command_that_was_refused(
    redis: Redis, caplog: pytest.LogCaptureFixture
):
    redis.set("taken", "by a text")
    with pytest.raises(ResponseError) as refused:
        redis.pipeline().lpush("taken", "private").execute()
    assert "private" in str(refused.value)

    Availability(logging.getLogger("pingpong.test")).lost(refused.value)

    assert "WRONGTYPE" in caplog.text
    assert "private" not in caplog.text
