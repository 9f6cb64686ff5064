"""A piece of news on its way to the browsers."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

POSITION = re.compile(r"(\d{1,20})-(\d{1,20})")


class Position(NamedTuple):
    """Where an update stands in the stream: the two numbers of a Redis stream id, which order it."""

    milliseconds: int
    sequence: int

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """Read `1732140000000-0`; None for anything else."""
        match = POSITION.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.milliseconds}-{self.sequence}"


@dataclass(frozen=True)
class Update:
    """News for one topic. `data` is JSON on one line.

    An update without a position is of the moment only: it is never replayed.
    """

    topic: str
    event: str
    data: str
    position: Position | None = None

    @cached_property
    def frame(self) -> bytes:
        """The update as Server-Sent Events want it (WHATWG HTML §9.2.5), made once for all clients."""
        identity = f"id: {self.position}\n" if self.position else ""
        return f"{identity}event: {self.event}\ndata: {self.data}\n\n".encode()
