"""All that the sandbox knows, from its start or the last reset on."""

import time
from collections import deque
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from pingpong.dsp.sandbox.limit import SlidingWindow
from pingpong.dsp.sandbox.options import Options
from pingpong.dsp.sandbox.platform import Platform
from pingpong.dsp.sandbox.switch import Fault, Mode, Switch

ARRIVALS_KEPT = 10_000
LIMIT = "limit"


@dataclass
class Arrival:
    """A request that came for the platform."""

    at: float
    """Seconds of this machine's monotonic clock."""
    method: str
    path: str
    met: str
    """The mode that it met, or `limit` if it was refused by that."""
    refused_for_s: float


class State:
    """The platform behind its limit, the switch, and the book of who has come."""

    platform: Platform
    window: SlidingWindow
    switch: Switch
    received: int
    arrivals: deque[Arrival]

    def __init__(self, options: Options, chance: Random) -> None:
        self.options = options
        self.chance = chance
        self.forget()

    def forget(self) -> None:
        """Be as at the start."""
        self.platform = Platform()
        self.window = SlidingWindow(self.options.limit, self.options.window_s)
        self.switch = Switch(Fault(mode=self.options.mode), self.chance)
        self.received = 0
        self.arrivals = deque(maxlen=ARRIVALS_KEPT)

    def arrive(self, method: str, path: str) -> Arrival:
        """Note a request, and whether the limit refuses it."""
        now = time.monotonic()
        refused_for_s = self.window.arrive(now)
        met = LIMIT if refused_for_s else Mode.OK
        arrival = Arrival(now, method, path, met, refused_for_s)
        self.received += 1
        self.arrivals.append(arrival)
        return arrival

    def latency_s(self) -> float:
        """How long the next answer takes."""
        return self.chance.uniform(self.options.latency_min_s, self.options.latency_max_s)

    def processing_s(self) -> float:
        """How long the next entity is pending."""
        return self.chance.uniform(self.options.processing_s / 2, self.options.processing_s)

    def stats(self) -> dict[str, Any]:
        """What has happened, as JSON."""
        return {
            "received": self.received,
            "violations": self.window.violations,
            "most_in_window": self.window.most_in_window,
            "mode": self.switch.fault.model_dump(mode="json"),
            **self.platform.stats(time.monotonic()),
        }

    def book(self) -> dict[str, Any]:
        """Who has come, the oldest first, and what time it is."""
        return {"now": time.monotonic(), "arrivals": [asdict(arrival) for arrival in self.arrivals]}
