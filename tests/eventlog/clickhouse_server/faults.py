"""What goes wrong with an insert of events, for as long as it is switched on."""

import threading
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


@dataclass
class Faults:
    """The fault that is on, and what was seen."""

    fault: Fault = field(default_factory=Fault)
    received: int = 0
    hanging: int = 0
    tokens: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_off: threading.Event = field(default_factory=threading.Event)

    def switch(self, values: dict[str, Any]) -> None:
        """To another fault. Whoever hangs goes on."""
        with self._lock:
            self.fault = Fault(**values)
            self._is_off.set()
            self._is_off = threading.Event()

    def hit(self, token: str) -> Fault:
        """An insert has come: what is to go wrong with it."""
        with self._lock:
            self.received += 1
            self.tokens.append(token)
            if not self.fault.times:
                return Fault()
            self.fault.times -= 1
            return self.fault

    def hang(self) -> None:
        """Until another fault is switched on."""
        with self._lock:
            self.hanging += 1
            is_off = self._is_off
        is_off.wait()
        with self._lock:
            self.hanging -= 1

    def seen(self) -> dict[str, Any]:
        """For tests that wait for something."""
        return {"received": self.received, "hanging": self.hanging, "tokens": self.tokens}
