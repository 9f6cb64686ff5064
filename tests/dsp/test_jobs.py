"""What workers run."""

from uuid import uuid4

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job

from pingpong.dsp import FEATURE
from pingpong.dsp.jobs import SEND, pick_due, send
from pingpong.dsp.limiter import Limiter, RateLimit
from pingpong.dsp.states import EntityStatus
from pingpong.extensions import settings
from pingpong.queue.queues import IO
from tests.conftest import changed
from tests.dsp.conftest import load, make_due
from tests.dsp.party import Party
from tests.dsp.past import claimed, is_free, knows_the_window


def jobs(redis: Redis) -> list[Job]:
    return Queue(IO, connection=redis).jobs


def test_what_is_due_becomes_a_job_each(dsp: Flask, redis: Redis, submit):
    entities = submit(a=[], b=[])

    assert pick_due() == 2

    assert [(job.func_name, *job.args) for job in jobs(redis)] == [
        (SEND, str(entity.id), str(load(entity.id).claim)) for entity in entities
    ]


def test_what_waits_is_no_job(dsp: Flask, redis: Redis, submit):
    submit(one=[], **{f"child{number}": ["one"] for number in range(20)})

    assert pick_due() == 1
    assert len(jobs(redis)) == 1


def test_when_nothing_is_due_there_is_no_job(dsp: Flask, redis: Redis):
    assert pick_due() == 0
    assert jobs(redis) == []


def test_a_job_sends(dsp: Flask, party: Party, submit, work):
    [entity] = submit(one=[])
    pick_due()

    work()

    assert load(entity.id).status is EntityStatus.SUBMITTED
    assert len(party.asked) == 1


def test_a_job_that_runs_twice_sends_once(dsp: Flask, party: Party, redis: Redis, submit):
    [entity] = submit(one=[])
    knows_the_window()
    pick_due()
    [job] = jobs(redis)

    send(*job.args)
    make_due()
    send(*job.args)

    assert len(party.asked) == 1
    assert load(entity.id).attempts == 1


def test_a_job_of_an_entity_that_is_gone_does_nothing(dsp: Flask, party: Party):
    send(str(uuid4()), str(uuid4()))

    assert party.asked == []


def test_claims_that_lapsed_are_taken_back_first(dsp: Flask, redis: Redis, submit):
    for entity in submit(a=[], b=[], c=[]):
        claimed(entity, lasts_s=-1)

    assert pick_due() == 3


def test_while_all_are_to_be_silent_nothing_is_picked(dsp: Flask, redis: Redis, submit):
    [entity] = submit(one=[])
    knows_the_window()
    Limiter(redis, RateLimit.of(settings)).stop_for(100)

    assert pick_due() == 0
    assert is_free(entity)


def test_while_redis_is_away_nothing_is_claimed(dsp: Flask, submit, tmp_path, monkeypatch):
    [entity] = submit(one=[])
    monkeypatch.setitem(dsp.extensions, "redis", Redis.from_url(f"unix://{tmp_path}/nobody"))

    with pytest.raises(RedisError):
        pick_due()

    assert is_free(entity)


def test_without_a_third_party_nothing_is_planned(app: Flask):
    with changed(app, dsp_api_url=""):
        assert FEATURE.schedules(settings) == []
    with changed(app, dsp_api_url="http://dsp.example"):
        [schedule] = FEATURE.schedules(settings)
        assert (schedule.function, schedule.every_s) == ("pingpong.dsp.jobs.pick_due", 1)
