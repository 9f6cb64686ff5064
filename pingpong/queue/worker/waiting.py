"""Waiting without a slot: what a job calls that has nothing to do until some time has come."""

import time
from contextvars import ContextVar

from pingpong.queue.worker.slots import Slots


class WaitingRoom:
    """Where the jobs of one worker wait that have given their slots back."""

    def __init__(self, seats: int) -> None:
        self.free = seats


class Seat:
    """A job's place in the waiting room."""

    def __init__(self, room: WaitingRoom, slots: Slots) -> None:
        self._room = room
        self._slots = slots
        self._is_taken = False

    def wait(self, seconds: float) -> None:
        """Sleep with the slot given back, or kept if the room is full.

        When the time is over, the job goes on at once, though others may have filled the slots.
        """
        if self._is_taken or self._room.free == 0:
            time.sleep(seconds)
            return
        self._is_taken = True
        self._room.free -= 1
        self._slots.give()
        try:
            time.sleep(seconds)
        finally:
            self._slots.take_back()
            self._room.free += 1
            self._is_taken = False


seat: ContextVar[Seat | None] = ContextVar("seat", default=None)
"""Of the job that runs here; greenlets that the job spawns share it."""


def pause(seconds: float) -> None:
    """Sleep in a job. In a GreenletWorker it takes no slot meanwhile; anywhere else it is `time.sleep`."""
    mine = seat.get()
    if mine is None:
        time.sleep(seconds)
    else:
        mine.wait(seconds)
