"""What is counted of the third party's answers, and how submissions stand."""

import pytest

from pingpong.dsp.answers import Accepted, Fault, Refused, Succeeded
from pingpong.dsp.control import cancel
from pingpong.dsp.settling import settle
from pingpong.metrics.counters import DSP_MOVES, DSP_REQUEST_SECONDS, DSP_REQUESTS
from tests.conftest import changed
from tests.dsp.conftest import load
from tests.dsp.past import claimed
from tests.dsp.test_settling import POLL, SUBMIT
from tests.scrapes import Scrape


@pytest.mark.parametrize(
    ("meaning", "outcome"),
    [
        (Accepted("r-1"), "accepted"),
        (Refused("no"), "refused"),
        (Fault("429", is_outage=False), "fault"),
        (Fault("502"), "outage"),
    ],
)
def test_a_request_counts_by_what_came_back(app, submit, counted, meaning, outcome):
    [entity] = submit(one=[])

    settle(claimed(entity, requested_ago_s=0), SUBMIT, meaning)

    assert counted.of(DSP_REQUESTS, action="submit", outcome=outcome) == 1


def test_what_an_answer_makes_of_its_entity_is_counted(app, submit, counted):
    [entity] = submit(one=[])
    settle(claimed(entity, requested_ago_s=0), SUBMIT, Accepted("r-1"))
    settle(claimed(load(entity.id), requested_ago_s=0), POLL, Succeeded())

    assert counted.of(DSP_MOVES, status="submitted") == 1
    assert counted.of(DSP_MOVES, status="completed") == 1


def test_an_answer_for_an_entity_that_was_cancelled_moves_nothing(app, submit, ada, counted):
    [entity] = submit(one=[])
    claim = claimed(entity, requested_ago_s=0)
    cancel(entity.id, ada)

    settle(claim, SUBMIT, Accepted("r-1"))

    assert counted.of(DSP_REQUESTS, action="submit", outcome="accepted") == 1
    assert counted.of(DSP_MOVES, status="submitted") == 0


def test_how_long_it_took_is_measured_if_it_is_known(app, submit, counted):
    [entity] = submit(one=[])

    settle(claimed(entity, requested_ago_s=0), SUBMIT, Accepted("r-1"))

    assert counted.of(DSP_REQUEST_SECONDS, action="submit") == (SUBMIT.duration_ms is not None)


def test_entities_rate_limit_and_breaker_are_seen(dsp, client, submit):
    submit(first=[], second=["first"])
    with changed(dsp, dsp_breaker_failures=1):
        [entity] = submit(third=[])
        settle(claimed(entity, requested_ago_s=0), SUBMIT, Fault("502"))

        seen = Scrape(client.get("/metrics").text)

    assert seen.value("pingpong_dsp_entities", status="pending") == 2
    assert seen.value("pingpong_dsp_entities", status="waiting") == 1
    assert seen.value("pingpong_dsp_rate_limit") == 100_000
    assert seen.value("pingpong_dsp_rate_limit_used") == 1
    assert seen.value("pingpong_dsp_breaker_open") == 1
