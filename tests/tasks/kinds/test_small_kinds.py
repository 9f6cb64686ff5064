"""Kinds that only compute."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingpong.errors import InvalidInput
from pingpong.tasks.errors import TaskCancelled, TaskFailed
from pingpong.tasks.kinds.count_primes import SEGMENT, count_primes
from pingpong.tasks.kinds.generate_random_number import generate_random_number
from pingpong.tasks.kinds.reverse_string import reverse_string


class Heard:
    """A context that notes the progress, and calls off after so many times."""

    def __init__(self, cancel_after: int | None = None) -> None:
        self.told: list[float] = []
        self._cancel_after = cancel_after

    def progress(self, percent: float) -> None:
        self.told.append(percent)
        if self._cancel_after == len(self.told):
            raise TaskCancelled


def primes_up_to(limit: int) -> int:
    return sum(all(n % d for d in range(2, math.isqrt(n) + 1)) for n in range(2, limit + 1))


@given(st.integers(0, 3000))
def test_primes_are_counted(limit):
    assert count_primes.run(Heard(), {"limit": limit}) == {"count": primes_up_to(limit)}


@pytest.mark.parametrize(
    ("limit", "count"),
    [(10**6, 78_498), (10**7, 664_579), (SEGMENT + 1, 78_498), (SEGMENT + 3, 78_499), (2 * SEGMENT, 148_933)],
)
def test_primes_are_counted_across_segments(limit, count):
    assert count_primes.run(Heard(), {"limit": limit}) == {"count": count}


def test_counting_tells_how_far_it_is_and_can_be_called_off():
    heard = Heard()
    count_primes.run(heard, {"limit": 5 * SEGMENT})
    assert heard.told == sorted(heard.told)
    assert 0 <= heard.told[0] < heard.told[-1] <= 100

    with pytest.raises(TaskCancelled):
        count_primes.run(Heard(cancel_after=2), {"limit": 5 * SEGMENT})


@given(st.integers(-1000, 1000), st.integers(0, 1000))
def test_a_random_number_is_between_the_others(low, span):
    number = generate_random_number.run(None, {"min_value": low, "max_value": low + span})["number"]

    assert low <= number <= low + span


def test_a_random_number_is_from_1_to_100_unless_said_otherwise():
    params = generate_random_number.validate({})

    numbers = {generate_random_number.run(None, params)["number"] for _ in range(3000)}
    assert (min(numbers), max(numbers)) == (1, 100)


def test_no_number_is_between_two_that_are_the_wrong_way_round():
    with pytest.raises(TaskFailed, match="min_value"):
        generate_random_number.run(None, {"min_value": 2, "max_value": 1})


@pytest.mark.parametrize(
    ("kind", "params", "faulty"),
    [
        (generate_random_number, {"min_value": 2**53}, "min_value"),
        (generate_random_number, {"min_value": "1"}, "min_value"),
        (reverse_string, {"text": ""}, "text"),
        (reverse_string, {"text": "x" * 10_001}, "text"),
        (count_primes, {"limit": -1}, "limit"),
        (count_primes, {"limit": 10**11}, "limit"),
        (count_primes, {}, "limit"),
    ],
)
def test_what_is_out_of_bounds_is_refused(kind, params, faulty):
    with pytest.raises(InvalidInput) as refused:
        kind.validate(params)
    assert list(refused.value.fields) == [faulty]


@pytest.mark.parametrize(
    ("text", "reversed_text"),
    [
        ("hello", "olleh"),
        ("e\u0301a", "ae\u0301"),
        ("a\U0001f469\u200d\U0001f469\u200d\U0001f467b", "b\U0001f469\u200d\U0001f469\u200d\U0001f467a"),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea"),
        ("\u0928\u093f", "\u0928\u093f"),
    ],
)
def test_a_text_is_reversed_as_a_reader_sees_it(text, reversed_text):
    assert reverse_string.run(None, {"text": text}) == {"reversed_text": reversed_text}
