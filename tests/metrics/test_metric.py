"""Metrics: what is counted, and under which name."""

import json
import time

import pytest

from pingpong.metrics import metric
from pingpong.metrics.counters import COUNTED, LEVELS
from pingpong.metrics.metric import INFINITE, MOST_SERIES, OTHER, SUM, Counter, Gauge, Histogram
from pingpong.metrics.tally import Tally

WAITS = Histogram("waits_seconds", "How long.", ("who",), buckets=(0.1, 1))


@pytest.fixture
def tally(monkeypatch) -> Tally:
    tally = Tally()
    monkeypatch.setattr(metric, "tally", tally)
    return tally


def counted(tally: Tally) -> dict[tuple[str, ...], float]:
    return {tuple(json.loads(field)): amount for field, amount in tally.next_batch().amounts.items()}


def test_what_is_counted_adds_up_by_its_labels(tally):
    meals = Counter("meals_total", "Meals.", ("who", "what"))

    meals.add(who="ada", what="soup")
    meals.add(2, what="soup", who="ada")
    meals.add(who="bob", what="soup")

    assert counted(tally) == {("meals_total", "ada", "soup"): 3, ("meals_total", "bob", "soup"): 1}


@pytest.mark.parametrize(("seconds", "bound"), [(0.1, "0.1"), (0.11, "1"), (1, "1"), (1.1, INFINITE)])
def test_a_duration_counts_in_the_smallest_bucket_that_holds_it(tally, seconds, bound):
    WAITS.observe(seconds, who="ada")

    assert counted(tally) == {
        ("waits_seconds", "ada", bound): 1,
        ("waits_seconds", "ada", SUM): pytest.approx(seconds),
    }


def test_what_came_too_early_by_two_clocks_counts_as_in_time(tally):
    WAITS.observe(-0.5, who="ada")

    assert counted(tally)["waits_seconds", "ada", "0.1"] == 1
    assert counted(tally)["waits_seconds", "ada", SUM] == 0


def test_a_label_that_gets_out_of_hand_becomes_one_series(tally):
    wild = Counter("wild_total", "Anything.", ("id",))

    for number in range(MOST_SERIES + 10):
        wild.add(id=str(number))

    series = counted(tally)
    assert len(series) == MOST_SERIES + 1
    assert series["wild_total", OTHER] == 10


def test_a_missing_label_is_an_error():
    with pytest.raises(KeyError):
        WAITS.observe(1)


def test_buckets_that_do_not_rise_are_an_error():
    with pytest.raises(ValueError, match="must rise"):
        Histogram("odd_seconds", "Odd.", buckets=(1, 0.5))


def test_a_gauge_is_read_with_its_labels_in_order():
    rooms = Gauge("rooms", "Rooms.", ("floor", "side"))

    assert rooms.at(3, side="north", floor="2").values == ("2", "north")


def test_every_name_follows_the_conventions_of_prometheus():
    """https://prometheus.io/docs/practices/naming/"""
    for one in (*COUNTED, *LEVELS):
        assert one.name.startswith("pingpong_")
        assert one.name.endswith("_total") == isinstance(one, Counter)
        assert one.name.endswith("_seconds") or not isinstance(one, Histogram)
        assert set(one.known) <= set(one.labels)


def test_counting_costs_next_to_nothing(tally):
    meals = Counter("meals_total", "Meals.", ("who", "what"))
    begun_at_s = time.process_time()

    for _ in range(20_000):
        meals.add(who="ada", what="soup")

    assert (time.process_time() - begun_at_s) / 20_000 < 20e-6
