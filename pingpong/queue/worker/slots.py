"""The places for running jobs in one worker, and who gets the next."""

from collections.abc import Mapping, Sequence
from itertools import count

from gevent.event import AsyncResult


class Slots:
    """A number of places for jobs. Whoever takes one gives it back when its job has ended.

    Those who wait are served by rank (the lower first), then in the order in which they came.
    `kept_free` places cannot be taken in advance, so that takers which hold a place while their queue is
    empty never keep one with work from the last.
    """

    def __init__(self, total: int, kept_free: int = 0) -> None:
        self.total = total
        self.free = total
        self._kept_free = kept_free
        self._waiting: list[tuple[int, int, AsyncResult]] = []
        self._tickets = count()
        self._is_closed = False

    def take_spare(self) -> bool:
        """Take a place before there is a job for it. False if it might be needed by someone who has one."""
        if self._is_closed or self._waiting or self.free <= self._kept_free:
            return False
        self.free -= 1
        return True

    def take_now(self) -> bool:
        """Take a place for a job that is there, without waiting. False if there is none."""
        if self._is_closed or self._waiting or self.free == 0:
            return False
        self.free -= 1
        return True

    def take(self, rank: int) -> bool:
        """Wait for a place for a job that is there. False once the slots are closed."""
        if self._is_closed or self.take_now():
            return not self._is_closed
        place = (rank, next(self._tickets), AsyncResult())
        self._waiting.append(place)
        return bool(place[2].get())

    def give(self) -> None:
        """Give a place back: to whoever waits first in line, else to the free ones."""
        if not self._waiting:
            self.free += 1
            return
        first = min(self._waiting, key=lambda place: place[:2])
        self._waiting.remove(first)
        first[2].set(True)

    def close(self) -> None:
        """Hand out no more: everyone who waits goes away empty-handed."""
        self._is_closed = True
        while self._waiting:
            self._waiting.pop()[2].set(False)


class Pools:
    """Which slots each queue's jobs take: its own, if it has some, else the common ones."""

    def __init__(self, queue_names: Sequence[str], common: int, reserved: Mapping[str, int]) -> None:
        sharing = [name for name in queue_names if name not in reserved]
        self._common = Slots(common, kept_free=1 if len(sharing) > 1 else 0)
        self._reserved = {name: Slots(reserved[name]) for name in queue_names if name in reserved}

    def of(self, queue_name: str) -> Slots:
        """The slots for the jobs of this queue."""
        return self._reserved.get(queue_name, self._common)

    def close(self) -> None:
        """Hand out no more slots."""
        for slots in (self._common, *self._reserved.values()):
            slots.close()
