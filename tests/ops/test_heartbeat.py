"""The heartbeat: told to every browser, and remembered for the probe."""

import json
import math

import pytest

from pingpong.ops.heartbeat import beat, last_beat


@pytest.fixture
def channel(app, redis):
    with redis.pubsub() as pubsub:
        pubsub.subscribe(app.extensions["bus"].channel)
        pubsub.get_message(timeout=5)
        yield pubsub


def test_a_beat_is_told_with_its_number_and_time(app, channel):
    beat(1_800_000_003.0)

    topic, event, data = channel.get_message(timeout=5)["data"].decode().split("\t")[1:]
    assert (topic, event) == ("heartbeat", "heartbeat")
    assert json.loads(data) == {
        "message": "heartbeat successful",
        "beat": 600_000_001,
        "at": "2027-01-15T08:00:03.000000Z",
    }


def test_a_beat_is_not_kept_for_replay(app, redis):
    beat(1_800_000_003.0)

    assert not redis.exists(app.extensions["bus"].stream)


def test_the_last_beat_has_an_age_by_redis_clock(app, redis):
    seconds, _ = redis.time()
    beat(float(seconds - 10))

    newest = last_beat(redis)

    assert newest.number == math.floor((seconds - 10) / 3)
    assert 10 <= newest.age_s < 20


def test_the_last_beat_is_not_kept_for_ever(app, redis):
    beat(1_800_000_003.0)

    assert redis.ttl("pingpong:last_beat") > 0


def test_there_may_be_no_last_beat(app, redis):
    assert last_beat(redis) is None
