"""Who has sockets open in this process: how many there may be, and who comes and goes."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from uuid import UUID

from pingpong.errors import TooManyRequests
from pingpong.settings import Settings

Notice = Callable[[UUID], None]


class Attendance:
    """Counts sockets by person. Watchers hear of a person's first socket, and of the end of the last."""

    def __init__(self, settings: Settings) -> None:
        self._most = settings.socket_max
        self._most_per_person = settings.socket_max_per_person
        self._sockets: Counter[UUID] = Counter()
        self._watchers: list[tuple[Notice, Notice]] = []

    def __len__(self) -> int:
        return self._sockets.total()

    @property
    def people(self) -> list[UUID]:
        """Who has a socket open."""
        return list(self._sockets)

    def watch(self, on_come: Notice, on_go: Notice) -> None:
        """Have these called with whoever comes and goes."""
        self._watchers.append((on_come, on_go))

    def enter(self, person_id: UUID) -> None:
        """One more socket of this person; to be followed by `leave`. Raises TooManyRequests."""
        if self._sockets.get(person_id, 0) >= self._most_per_person or len(self) >= self._most:
            raise TooManyRequests("Too many sockets are open.")
        self._sockets[person_id] += 1
        if self._sockets[person_id] == 1:
            self._tell_come(person_id)

    def leave(self, person_id: UUID) -> None:
        """One less."""
        self._take_off(person_id)
        if person_id not in self._sockets:
            for _, on_go in self._watchers:
                on_go(person_id)

    def _tell_come(self, person_id: UUID) -> None:
        with ExitStack() as undo:
            undo.callback(self._take_off, person_id)  # if it breaks, there will be no `leave`
            for on_come, _ in self._watchers:
                on_come(person_id)
            undo.pop_all()

    def _take_off(self, person_id: UUID) -> None:
        self._sockets[person_id] -= 1
        if not self._sockets[person_id]:
            del self._sockets[person_id]
