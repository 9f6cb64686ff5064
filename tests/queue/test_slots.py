"""Who gets the next place for a job."""

import gevent
from redis import Redis
from rq import Queue

from pingpong.queue.worker.slots import Pools, Slots


def test_there_are_as_many_places_as_were_made():
    slots = Slots(2)

    assert [slots.take_now() for _ in range(3)] == [True, True, False]
    slots.give()
    assert slots.take_now()


def test_the_last_place_is_not_taken_in_advance():
    slots = Slots(2, kept_free=1)

    assert [slots.take_spare() for _ in range(2)] == [True, False]
    assert slots.take_now()


def test_a_free_place_goes_to_the_lowest_rank_then_to_who_came_first():
    slots, served = Slots(1), []
    slots.take_now()
    for name, rank in (("late", 2), ("first", 1), ("second", 1), ("urgent", 0)):
        gevent.spawn(lambda name=name, rank=rank: slots.take(rank) and served.append(name))
    gevent.sleep(0)

    for _ in range(4):
        slots.give()
        gevent.sleep(0)

    assert served == ["urgent", "first", "second", "late"]


def test_nobody_takes_a_place_past_those_who_wait():
    slots = Slots(1)
    slots.take_now()
    waiting = gevent.spawn(slots.take, 0)
    gevent.sleep(0)

    slots.give()

    assert not slots.take_now()
    assert waiting.get(timeout=1)


def test_closed_slots_send_everyone_away():
    slots = Slots(1)
    slots.take_now()
    waiting = gevent.spawn(slots.take, 0)
    gevent.sleep(0)

    slots.close()
    slots.give()

    assert not waiting.get(timeout=1)
    assert not (slots.take(0) or slots.take_now() or slots.take_spare())


def test_a_queue_has_its_own_slots_or_shares_the_common_ones():
    beats, high, low = (Queue(name, connection=Redis()) for name in ("beats", "high", "low"))
    pools = Pools(["beats", "high", "low"], common=3, reserved={"beats": 1, "not listened to": 5})

    groups = pools.groups([high, beats, low])

    assert [(slots.total, queues) for slots, queues in groups] == [(3, [high, low]), (1, [beats])]


def test_whoever_wants_many_gets_those_that_are_free():
    slots = Slots(3)

    assert [slots.take_more(2), slots.take_more(2), slots.take_more(2)] == [2, 1, 0]
    slots.give(3)
    assert slots.free == 3


def test_nobody_gets_a_place_until_one_that_was_taken_back_is_free_again():
    slots = Slots(1)
    slots.take_now()
    slots.take_back()

    slots.give()

    assert not slots.take_now()
    slots.give()
    assert slots.take_now()
