"""Group commit: together under load, at once when alone, and nobody is forgotten."""

import threading

import pytest

from pingpong.queue.batching import Batcher
from tests.waiting import wait_until


class Recorder:
    """Squares numbers, many at a time, and can be held up."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go = threading.Event()
        self.may_go.set()

    def __call__(self, numbers):
        self.batches.append(list(numbers))
        assert self.may_go.wait(10)
        if 13 in numbers:
            raise ValueError("thirteen")
        return [number * number for number in numbers]


def in_threads(call, items):
    """Call with each item in a thread of its own; returns the threads and where their results will be."""
    results: dict[int, object] = {}

    def ask(item: int) -> None:
        try:
            results[item] = call(item)
        except ValueError as error:
            results[item] = error

    threads = [threading.Thread(target=ask, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    return threads, results


@pytest.fixture
def recorder():
    return Recorder()


def test_a_lone_item_is_done_at_once(recorder):
    assert Batcher(recorder)(4) == 16
    assert recorder.batches == [[4]]


def test_what_comes_while_a_batch_is_done_is_done_together(recorder):
    call = Batcher(recorder)
    recorder.may_go.clear()
    first, first_results = in_threads(call, [1])
    wait_until(lambda: recorder.batches)
    others, results = in_threads(call, range(2, 12))
    wait_until(lambda: call._waiting.qsize() == 10)

    recorder.may_go.set()
    for thread in first + others:
        thread.join(10)

    assert first_results == {1: 1}
    assert results == {number: number * number for number in range(2, 12)}
    assert [len(batch) for batch in recorder.batches] == [1, 10]


def test_no_batch_is_larger_than_allowed(recorder):
    call = Batcher(recorder, largest=4)
    recorder.may_go.clear()
    threads, results = in_threads(call, range(1, 12))
    wait_until(lambda: recorder.batches and call._waiting.qsize() == 11 - len(recorder.batches[0]))

    recorder.may_go.set()
    for thread in threads:
        thread.join(10)

    assert len(results) == 11
    assert max(len(batch) for batch in recorder.batches) <= 4


def test_an_error_reaches_every_caller_of_its_batch_and_nobody_else(recorder):
    call = Batcher(recorder)
    recorder.may_go.clear()
    first, first_results = in_threads(call, [1])
    wait_until(lambda: recorder.batches)
    others, results = in_threads(call, [12, 13])
    wait_until(lambda: call._waiting.qsize() == 2)

    recorder.may_go.set()
    for thread in first + others:
        thread.join(10)

    assert first_results == {1: 1}
    assert {type(result) for result in results.values()} == {ValueError}
    assert call(5) == 25
