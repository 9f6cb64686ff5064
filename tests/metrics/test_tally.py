"""What a process has counted and not told yet."""

import os
import threading

from pingpong.metrics.tally import Tally


def test_a_batch_that_was_not_confirmed_is_the_next_one_again():
    tally = Tally()
    tally.add("a", 1)
    first = tally.next_batch()
    tally.add("a", 5)

    assert tally.next_batch() == first

    tally.confirm(first)
    second = tally.next_batch()
    assert (dict(second.amounts), second.number) == ({"a": 5}, first.number + 1)


def test_when_nothing_was_counted_the_batch_is_empty():
    tally = Tally()
    tally.add("a", 1)
    tally.confirm(tally.next_batch())

    assert not tally.next_batch().amounts


def test_what_many_threads_count_at_once_adds_up():
    tally = Tally()

    def count() -> None:
        for _ in range(2_000):
            tally.add("a", 1)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    told = 0.0
    while any(thread.is_alive() for thread in threads):
        batch = tally.next_batch()
        told += batch.amounts.get("a", 0)
        tally.confirm(batch)

    for _ in range(2):
        batch = tally.next_batch()
        told += batch.amounts.get("a", 0)
        tally.confirm(batch)
    assert told == 16_000


def test_what_cannot_be_told_takes_no_more_room_as_it_grows():
    tally = Tally()
    stuck = tally.next_batch()
    for _ in range(10_000):
        tally.add("a", 1)
        tally.next_batch()

    assert len(tally.next_batch().amounts) == 1
    assert stuck.amounts == {}


def test_a_forked_process_tells_nothing_of_its_parent():
    from pingpong.metrics.tally import tally  # noqa: PLC0415 - the one that forks are watched for

    tally.add("of the parent", 1)
    process = tally.next_batch().process
    reader, writer = os.pipe()
    if not os.fork():
        batch = tally.next_batch()
        os.write(writer, b"fresh" if not batch.amounts and batch.process != process else b"stale")
        os._exit(0)

    assert os.read(reader, 5) == b"fresh"
    tally.forget()
