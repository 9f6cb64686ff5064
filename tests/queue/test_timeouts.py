"""A time limit is a greenlet's own."""

import gevent
import pytest
from rq.timeouts import JobTimeoutException

from pingpong.queue.worker.timeouts import GreenletDeathPenalty


def test_what_waits_too_long_is_interrupted():
    with pytest.raises(JobTimeoutException, match=r"0\.01 seconds"), _limit(0.01):
        gevent.sleep(5)


def test_what_ends_in_time_is_not_interrupted_later():
    with _limit(0.01):
        pass

    gevent.sleep(0.05)


@pytest.mark.parametrize("limit_s", [0, -1])
def test_no_limit_is_no_limit(limit_s: int):
    with _limit(limit_s):
        gevent.sleep(0.02)


def test_one_greenlet_is_interrupted_and_the_other_goes_on():
    def sleep(limit_s: float) -> str:
        try:
            with _limit(limit_s):
                gevent.sleep(0.05)
        except JobTimeoutException:
            return "interrupted"
        return "slept"

    greenlets = [gevent.spawn(sleep, limit_s) for limit_s in (0.01, 5)]

    gevent.joinall(greenlets)
    assert [greenlet.value for greenlet in greenlets] == ["interrupted", "slept"]


def test_a_limit_within_a_limit_leaves_the_outer_one_alone():
    with pytest.raises(JobTimeoutException, match=r"0\.05 seconds"), _limit(0.05):
        with _limit(0.01), pytest.raises(JobTimeoutException, match=r"0\.01 seconds"):
            gevent.sleep(5)
        gevent.sleep(5)


def _limit(seconds: float) -> GreenletDeathPenalty:
    return GreenletDeathPenalty(seconds, JobTimeoutException, job_id="any")
