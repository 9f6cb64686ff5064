"""A piece of news on its way to the browsers."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from pingpong.live.topics import GAPS

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
    """News for a topic, or for several with spaces between. `data` is JSON on one line.

    An update without a position is of the moment only: it is never replayed.
    """

    topic: str
    event: str
    data: str = "{}"
    position: Position | None = None

    @cached_property
    def topics(self) -> frozenset[str]:
        """The topics that it is news for: who hears several of them hears it once."""
        return frozenset(self.topic.split())

    @cached_property
    def fields(self) -> dict[str, Any]:
        """What `data` says, read once for all sockets."""
        fields: dict[str, Any] = json.loads(self.data)
        return fields

    @cached_property
    def frame(self) -> bytes:
        """The update as Server-Sent Events want it (WHATWG HTML §9.2.5), made once for all clients."""
        lines = [f"id: {self.position}"] if self.position else []
        if self.event:
            lines += [f"event: {self.event}", f"data: {self.data}"]
        return "\n".join([*lines, "\n"]).encode()


# Of the stream itself: for whoever hears them, whatever their topics.
SHUTDOWN = Update("", "shutdown")
"""This process is about to leave: reconnect elsewhere, at once."""


def marker(position: Position | None) -> Update:
    """Says where the stream stands, and nothing else."""
    return Update("", "", position=position)


@dataclass(frozen=True)
class Reset(Update):
    """What was missed is no longer known: reload. Its position is where the next reconnect starts from."""

    topic: str = ""
    event: str = "reset"

    @cached_property
    def frame(self) -> bytes:
        """With an empty id where there is none yet, so that the browser forgets the one that it has."""
        return super().frame if self.position else b"id\n" + super().frame


GAP = Update(GAPS, "gap")
"""The subscription is new, or was broken: look at what there is."""

CLOSE = "close"
"""The event of news that ends the streams and sockets that hear it, such as that of a session that ended."""
