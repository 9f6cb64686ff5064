"""The picture of what happens."""

import re
from datetime import timedelta

import pytest

from pingpong.ops.eventlog.chart import BAR, HEIGHT, Chart, draw
from pingpong.ops.eventlog.counting import Counts
from tests.ops.eventlog.looking import NOON

HOURS = [NOON + timedelta(hours=number) for number in range(3)]


def drawn(**by_type: tuple[int, int, int]) -> Chart:
    """Three hours, with so many of each type."""
    counted = {one.replace("_", "."): dict(zip(HOURS, each, strict=True)) for one, each in by_type.items()}
    return draw(Counts(HOURS, counted, is_whole=True))


def boxes(path: str) -> list[tuple[float, float, float]]:
    """Of each box of a path its left side, its lower side and its height."""
    found = re.findall(rf"M([\d.]+) ([\d.]+)v-([\d.]+)h{BAR}v\3z", path)
    assert "".join(f"M{x} {y}v-{high}h{BAR}v{high}z" for x, y, high in found) == path
    return [(float(x), float(y), float(high)) for x, y, high in found]


def test_the_bars_of_an_hour_stand_on_one_another():
    chart = drawn(a_b=(10, 0, 4), c_d=(5, 1, 0))

    a, c = (boxes(series.path) for series in chart.series)

    assert chart.top == 20
    assert a == [(0, HEIGHT, 50), (20, HEIGHT, 20)]
    assert c == [(0, 50, 25), (10, HEIGHT, 5)]
    assert chart.width == 28


def test_the_most_frequent_come_first_and_all_beyond_five_are_one():
    chart = drawn(**{f"a_{letter}": (0, number, 0) for number, letter in enumerate("bcdefgh", start=1)})

    named = [(series.event_type, series.total) for series in chart.series]

    assert named == [("a.h", 7), ("a.g", 6), ("a.f", 5), ("a.e", 4), ("a.d", 3), (None, 3)]
    assert chart.total == chart.hours[1].total == 28
    assert chart.hours[1].counts == [7, 6, 5, 4, 3, 3]


def test_nothing_is_drawn_of_nothing():
    chart = drawn()

    assert (chart.series, chart.total, len(chart.hours)) == ([], 0, 3)


@pytest.mark.parametrize(
    ("most", "top"),
    [(1, 2), (2, 2), (3, 4), (5, 6), (7, 10), (10, 10), (11, 20), (99, 100), (101, 200), (350_000, 400_000)],
)
def test_the_full_height_is_a_round_number(most, top):
    assert drawn(a_b=(most, 0, 0)).top == top
