"""Waiting without a slot: what a job calls that has nothing to do until some time has come."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pingpong.queue.worker.slots import Slots


class WaitingRoom:
    """Where the jobs of one worker wait that have given their slots back."""

    def __init__(self, seats: int) -> None:
        self.free = seats

    @contextmanager
    def seat(self, slots: Slots) -> Iterator[None]:
        """Give a slot back for the time inside, or keep it if the room is full.

        When the time is over, the job goes on at once, though others may have filled the slots.
        """
        if self.free == 0:
            yield
            return
        self.free -= 1
        slots.give()
        try:
            yield
        finally:
            self.free += 1
            slots.take_back()


_seat: ContextVar[tuple[WaitingRoom, Slots] | None] = ContextVar("seat", default=None)


def may_wait_in(room: WaitingRoom, slots: Slots) -> None:
    """From now on, the job of this greenlet may give its slot back while it waits."""
    _seat.set((room, slots))


def pause(seconds: float) -> None:
    """Sleep in a job. In a GreenletWorker it takes no slot meanwhile; anywhere else it is `time.sleep`."""
    where = _seat.get()
    if where is None:
        time.sleep(seconds)
        return
    room, slots = where
    with room.seat(slots):
        time.sleep(seconds)
