"""What is left to chance, and what is kept."""

from random import Random

from pingpong.dsp.sandbox.options import Options
from pingpong.dsp.sandbox.state import State


def state(**options: float) -> State:
    return State(Options(**options), Random(1))


def test_an_entity_is_pending_for_between_half_the_processing_time_and_all_of_it():
    one = state(processing_s=3)

    times = [one.processing_s() for _ in range(1_000)]

    assert 1.5 <= min(times) < 1.6
    assert 2.9 < max(times) <= 3


def test_latency_is_spread_over_its_range():
    one = state(latency_min_s=0.05, latency_max_s=0.4)

    times = [one.latency_s() for _ in range(1_000)]

    assert 0.05 <= min(times) < 0.06
    assert 0.39 < max(times) <= 0.4


def test_the_last_ten_thousand_arrivals_are_kept_and_all_are_counted():
    one = state()

    for number in range(10_001):
        one.arrive("POST", f"/v1/{number}")

    arrivals = one.book()["arrivals"]
    assert (len(arrivals), arrivals[0]["path"], arrivals[-1]["path"]) == (10_000, "/v1/1", "/v1/10000")
    assert one.stats()["received"] == 10_001
