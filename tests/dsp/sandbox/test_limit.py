"""The platform's own count, with times that are given."""

import pytest

from pingpong.dsp.sandbox.limit import SlidingWindow


def test_the_first_ones_are_let_in_and_the_next_one_is_a_violation():
    window = SlidingWindow(limit=3, window_s=60)

    refused_for_s = [window.arrive(now) for now in (100, 101, 102, 103)]

    assert refused_for_s == [0, 0, 0, 57]
    assert window.violations == 1


def test_it_lets_in_again_when_the_oldest_is_a_whole_window_ago():
    window = SlidingWindow(limit=2, window_s=60)
    window.arrive(100)
    window.arrive(110)

    assert window.arrive(159.5) == 0.5
    assert window.arrive(160) == 0
    assert window.arrive(169) == 1


def test_it_slides_instead_of_beginning_anew():
    """Forty at the end of one minute and forty at the beginning of the next are too many."""
    window = SlidingWindow(limit=40, window_s=60)

    refused = [now for step in range(80) if window.arrive(now := 50 + step * 0.25)]

    assert refused == [60 + step * 0.25 for step in range(40)]


def test_what_is_refused_does_not_keep_the_door_shut():
    window = SlidingWindow(limit=1, window_s=60)
    window.arrive(100)

    for now in range(101, 160):
        window.arrive(now)

    assert window.arrive(160) == 0
    assert window.violations == 59


def test_the_most_in_a_window_counts_what_is_refused_as_well():
    window = SlidingWindow(limit=2, window_s=60)

    for now in (100, 101, 102, 103, 200):
        window.arrive(now)

    assert window.most_in_window == 4


@pytest.mark.parametrize("gap_s", [1.5, 1.6])
def test_the_most_in_a_window_forgets_what_is_a_whole_window_ago(gap_s: float):
    window = SlidingWindow(limit=40, window_s=60)

    for step in range(200):
        window.arrive(step * gap_s)

    assert window.most_in_window == {1.5: 40, 1.6: 38}[gap_s]
    assert window.violations == 0
