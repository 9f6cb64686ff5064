"""Who has heard which message, and how long it took."""

import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from uuid import uuid4

from benchmarks.chat_client import ChatSocket, Message

TEXT = "See you at three, in front of the museum?"

Room = Sequence[ChatSocket]
"""Everybody who should hear what one of them says, the speaker included."""


class Tally:
    """The deliveries of some messages. A message to ten people is ten of them."""

    def __init__(self) -> None:
        self.delivery_s: list[float] = []
        """From the sender's send to each receipt."""
        self._sent_at_s: dict[str, float] = {}
        self._wanted = 0
        self._heard: defaultdict[ChatSocket, list[str]] = defaultdict(list)
        self._numbers: defaultdict[ChatSocket, list[int]] = defaultdict(list)

    def send(self, speaker: ChatSocket, room: Room) -> None:
        """Let a person say something."""
        client_id = str(uuid4())
        self._wanted += len(room)
        self._sent_at_s[client_id] = time.monotonic()
        speaker.say({"type": "message", "text": TEXT, "client_id": client_id})

    def hear(self, listener: ChatSocket, message: Message, now: float) -> None:
        """Note that somebody has heard a message; one of an earlier tally is passed over."""
        sent_at_s = self._sent_at_s.get(message["client_id"])
        if sent_at_s is None:
            return
        self.delivery_s.append(now - sent_at_s)
        self._heard[listener].append(message["client_id"])
        self._numbers[listener].append(message["seq"])

    @property
    def lost(self) -> int:
        """Deliveries that have not come."""
        return self._wanted - sum(len(set(ids)) for ids in self._heard.values())

    @property
    def doubled(self) -> int:
        """Deliveries that came again."""
        return sum(len(ids) - len(set(ids)) for ids in self._heard.values())

    @property
    def disordered(self) -> int:
        """Deliveries that came after one of a later number."""
        return sum(
            later < earlier for numbers in self._numbers.values() for earlier, later in pairwise(numbers)
        )
