"""What goes wrong with an insert of events, for as long as it is switched on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """One of the modes, for so many inserts (-1: all).

    `hang_before`, `hang_after`: no answer, until the fault is switched off. `drop_before`, `drop_after`: the
    connection ends without one. `slow`: it begins `seconds` late, even if nobody waits any more. `fail`: told
    that there is an error with this `code`, and nothing done; `fail_after`: told so, and all is done.
    `proxy`: a page of HTML from something in front. Before and after are those of the real insert.
    """

    mode: str = "ok"
    times: int = -1
    seconds: float = 0
    code: int = 0
    is_off: threading.Event = field(default_factory=threading.Event)


class Faults:
    """The fault that is on, and what was seen since it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fault = Fault()
        self._received = self._under_way = self._hanging = 0
        self._tokens: list[str] = []

    def switch(self, values: dict[str, Any]) -> None:
        """To another fault. Whoever hangs goes on."""
        with self._lock:
            self._fault.is_off.set()
            self._fault = Fault(**values)
            self._received, self._tokens = 0, []

    @contextmanager
    def hit(self, token: str) -> Iterator[Fault]:
        """An insert has come: what is to go wrong with it."""
        with self._lock:
            self._received += 1
            self._under_way += 1
            self._tokens.append(token)
            fault = self._fault if self._fault.times else Fault()
            self._fault.times -= bool(self._fault.times)
        try:
            yield fault
        finally:
            with self._lock:
                self._under_way -= 1

    def hang(self, fault: Fault) -> None:
        """Until another fault is switched on."""
        with self._lock:
            self._hanging += 1
        fault.is_off.wait()
        with self._lock:
            self._hanging -= 1

    def seen(self) -> dict[str, Any]:
        """For tests that wait for something."""
        return {
            "received": self._received,
            "under_way": self._under_way,
            "hanging": self._hanging,
            "tokens": self._tokens,
        }
