"""The places for running jobs in one worker, and who gets the next."""

from collections.abc import Mapping, Sequence
from itertools import count

from gevent.event import AsyncResult
from rq.queue import Queue


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
        return self.free > self._kept_free and self.take_now()

    def take_now(self) -> bool:
        """Take a place for a job that is there, without waiting. False if there is none."""
        return self.take_more(1) == 1

    def take_more(self, wanted: int) -> int:
        """Take up to so many places, without waiting; returns how many."""
        if self._is_closed or self._waiting:
            return 0
        taken = max(0, min(wanted, self.free))
        self.free -= taken
        return taken

    def take(self, rank: int) -> bool:
        """Wait for a place for a job that is there. False once the slots are closed."""
        if self._is_closed or self.take_now():
            return not self._is_closed
        place = (rank, next(self._tickets), AsyncResult())
        self._waiting.append(place)
        return bool(place[2].get())

    def take_back(self) -> None:
        """Take a place at once, though there may be none: for a job that gave its own while it waited."""
        self.free -= 1

    def give(self, places: int = 1) -> None:
        """Give places back: to whoever waits first in line, else to the free ones."""
        self.free += places
        while self._waiting and self.free > 0:
            first = min(self._waiting, key=lambda place: place[:2])
            self._waiting.remove(first)
            self.free -= 1
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

    def groups(self, queues: Sequence[Queue]) -> list[tuple[Slots, list[Queue]]]:
        """Each pool with the queues whose jobs take its slots, in their order."""
        groups: dict[int, tuple[Slots, list[Queue]]] = {}
        for queue in queues:
            slots = self._reserved.get(queue.name, self._common)
            groups.setdefault(id(slots), (slots, []))[1].append(queue)
        return list(groups.values())

    def close(self) -> None:
        """Hand out no more slots."""
        for slots in (self._common, *self._reserved.values()):
            slots.close()
