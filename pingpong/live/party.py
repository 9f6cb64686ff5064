"""A feature's side of one socket."""

from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

from pingpong.live.topics import Audience
from pingpong.live.update import Reset, Update

Message = dict[str, Any]


class Party(Protocol):
    """Who is at the other end, what they are told, and what becomes of what they say.

    Its methods may raise any PingpongError. `translate` is called outside of the app, all others inside. What
    is the same for all who hear it may be JSON text already.
    """

    person_id: UUID
    audience: Audience
    last_event_id: str | None
    """Replay what the hub knows from here on."""
    uncounted: frozenset[str]
    """The types of messages that do not count as talk."""

    def greet(self) -> Iterable[Message | str]:
        """What comes first. Called when the news is heard already: nothing is lost between the two."""

    def translate(self, update: Update) -> Iterable[Message | str]:
        """The messages that an update makes."""

    def resume(self, reset: Reset) -> Iterable[Message | str]:
        """What is told when news has been lost."""

    def receive(self, message: Message) -> Iterable[Message | str]:
        """The answers to what the client says."""

    def look(self) -> Iterable[Message | str]:
        """What the news may not have told; called now and then. Raises when they may listen no longer."""
