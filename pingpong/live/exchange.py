"""One socket, from its first message to its last."""

import json
import random
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import gevent
import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from wsproto import WSConnection

from pingpong.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    PingpongError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from pingpong.live.attendance import Attendance
from pingpong.live.hub import Hub
from pingpong.live.party import Message, Party
from pingpong.live.rounds import Rounds
from pingpong.live.subscriber import Subscriber
from pingpong.live.update import SHUTDOWN, Reset, Update
from pingpong.live.websocket import Close, Socket
from pingpong.settings import Settings

log = structlog.get_logger(__name__)


CODES: tuple[tuple[type[Exception], Close], ...] = (
    (Unauthorized, Close.UNAUTHORIZED),
    (Forbidden, Close.FORBIDDEN),
    (NotFound, Close.NOT_FOUND),
    (InvalidInput, Close.INVALID),
    (TooManyRequests, Close.TOO_MANY),
    (Unavailable, Close.TRY_AGAIN_LATER),
    (SQLAlchemyError, Close.TRY_AGAIN_LATER),
)
"""What an error closes a socket with: a browser hears nothing else of it."""


@dataclass(frozen=True)
class Surroundings:
    """What all sockets of a process share."""

    app: Flask
    hub: Hub
    attendance: Attendance
    rounds: Rounds
    settings: Settings


class Exchange:
    """Tells one party the news, and hears what it says, until one of both sides is through.

    It has a greenlet for the news only while there is some, as its socket has one for what comes in.
    """

    def __init__(
        self, stream: socket.socket, handshake: WSConnection, party: Party, around: Surroundings
    ) -> None:
        self._party = party
        self._around = around
        self._names = structlog.contextvars.get_contextvars()
        self._subscriber: Subscriber | None = None
        self._has_place = False
        self._is_telling = True
        self._is_to_look = False
        # Spread over the time between two looks, though many sockets come back at once.
        self._looked_at_s = time.monotonic() - random.random() * around.settings.socket_check_every_s  # noqa: S311
        self._talk = Talk(around.settings.socket_messages_at_once, around.settings.socket_messages_within_s)
        self._socket = new_socket(stream, handshake, around, self._leave)
        around.rounds.join(self)

    def begin(self) -> None:
        """Greet, tell what has come meanwhile, and listen."""
        try:
            with self._around.app.app_context():
                self._enter()
        except Exception as error:  # noqa: BLE001 - the boundary of the beginning
            end(self._socket, error)
        self._socket.listen(self._hear)
        self._tell()

    def check(self, now_s: float) -> None:
        """Look after the socket; see whether it is time to look, or to go."""
        self._socket.check(now_s)
        if self._subscriber and self._subscriber.is_over:
            self._wake()
        elif now_s - self._looked_at_s >= self._around.settings.socket_check_every_s:
            self._looked_at_s = now_s
            self._is_to_look = True
            self._wake()

    def _enter(self) -> None:
        """The handshake is answered last: whoever is connected misses nothing from then on."""
        party, hub = self._party, self._around.hub
        topics = party.audience.topics | party.audience.control
        self._subscriber = hub.subscribe(
            topics, party.last_event_id, until=party.audience.until, wake=self._wake
        )
        greeting = party.greet()
        self._around.attendance.enter(party.person_id)
        self._has_place = True
        self._socket.accept()
        self._send_all(greeting)

    def _leave(self, socket: Socket) -> None:
        self._around.rounds.leave(self)
        if self._subscriber:
            self._around.hub.unsubscribe(self._subscriber)
        log_end(socket, self._names)
        if self._has_place:
            with self._around.app.app_context():
                self._around.attendance.leave(self._party.person_id)

    def _wake(self) -> None:
        """There is something to tell. Called by the hub, which must not wait."""
        if not self._is_telling:
            self._is_telling = True
            gevent.spawn(self._tell)

    def _tell(self) -> None:
        """One greenlet at a time, so that what is told has one order."""
        with structlog.contextvars.bound_contextvars(**self._names):
            try:
                self._tell_all()
            except Exception as error:  # noqa: BLE001 - the boundary of the greenlet
                end(self._socket, error)
            finally:
                self._is_telling = False

    def _tell_all(self) -> None:
        while self._subscriber and self._socket.is_open:
            updates = self._subscriber.waiting()
            if updates is None:
                self._part(self._subscriber)
            elif updates:
                self._around.hub.written += len(updates)
                for update in updates:
                    self._pass_on(update)
            elif self._is_to_look:
                self._is_to_look = False
                self._try_to_look()
            else:
                return

    def _try_to_look(self) -> None:
        try:
            self._look()
        except (SQLAlchemyError, Unavailable) as error:  # the next look may see more
            log.warning("socket_not_looked_after", error=str(error).partition("\n")[0])

    def _look(self) -> None:
        with self._around.app.app_context():
            self._send_all(self._party.look())

    def _part(self, subscriber: Subscriber) -> None:
        if subscriber.is_lagging:
            self._around.hub.dropped += 1
            self._socket.close(Close.LAGGING, "Too slow; come back.")
        else:
            self._look()  # knows better why, if it is not that the token has expired
            raise Unauthorized("The session has ended, or the token has expired.")

    def _pass_on(self, update: Update) -> None:
        if update is SHUTDOWN:
            self._socket.close(Close.GOING_AWAY, "Reconnect.")
        elif isinstance(update, Reset):
            with self._around.app.app_context():
                self._send_all(self._party.resume(update))
        else:
            self._send_all(self._party.translate(update))

    def _hear(self, text: str | None) -> None:
        with structlog.contextvars.bound_contextvars(**self._names):
            try:
                self._take(_read(text))
            except Exception as error:  # noqa: BLE001 - the boundary of the greenlet
                end(self._socket, error)

    def _take(self, message: Message | None) -> None:
        kind = message["type"] if message else ""
        if kind not in self._party.uncounted and not self._talk.may():
            self._complain(message, "too_many_messages", self._talk.words)
        elif message is None:
            self._complain(None, "malformed_message", 'A message is a JSON object with a "type".')
        elif kind == "ping":
            self._send({"type": "pong"})
        else:
            self._answer(message)

    def _answer(self, message: Message) -> None:
        try:
            with self._around.app.app_context():
                self._send_all(self._party.receive(message))
        except PingpongError as error:
            self._complain(message, error.code, error.message)

    def _complain(self, about: Message | None, code: str, words: str) -> None:
        """With the message's own name, so that its sender knows which one was meant."""
        name = (about or {}).get("client_id")
        named = {"client_id": name} if isinstance(name, str) else {}
        # As ASCII: a name may have half a surrogate pair, which JSON can say and UTF-8 cannot.
        self._send(json.dumps({"type": "error", "code": code, "message": words, **named}))

    def _send_all(self, messages: Iterable[Message | str]) -> None:
        for message in messages:
            if not self._socket.is_open or (self._subscriber and self._subscriber.is_lagging):
                return  # a replay may be long
            self._send(message)

    def _send(self, message: Message | str) -> None:
        self._socket.send(message if isinstance(message, str) else json.dumps(message, ensure_ascii=False))


class Talk:
    """How much a client may say: so many messages within so many seconds, whenever they begin."""

    def __init__(self, at_once: int, within_s: float) -> None:
        self._within_s = within_s
        self._said_at_s: deque[float] = deque(maxlen=at_once)

    @property
    def words(self) -> str:
        """The limit, for whoever has met it."""
        return f"At most {self._said_at_s.maxlen} messages in {self._within_s:g} seconds; wait a moment."

    def may(self) -> bool:
        """Whether one more is all right; it is counted then."""
        now_s, said = time.monotonic(), self._said_at_s
        if len(said) == said.maxlen and now_s - said[0] < self._within_s:
            return False
        said.append(now_s)
        return True


def new_socket(
    stream: socket.socket, handshake: WSConnection, around: Surroundings, on_end: Callable[[Socket], None]
) -> Socket:
    """A socket within the limits of this process."""
    return Socket(
        stream,
        handshake,
        on_end,
        max_message_bytes=around.settings.socket_max_message_bytes,
        ping_every_s=around.settings.socket_ping_every_s,
    )


def end(socket: Socket, error: Exception) -> None:
    """Close a socket because of an error, with the code that says what it was."""
    code = next((code for kind, code in CODES if isinstance(error, kind)), Close.INTERNAL_ERROR)
    if code == Close.INTERNAL_ERROR:
        log.error("socket_failed", exc_info=error)
    elif code == Close.TRY_AGAIN_LATER:
        log.warning("socket_interrupted", error=str(error).partition("\n")[0])
    socket.close(code, error.message if isinstance(error, PingpongError) else "")


def log_end(socket: Socket, names: dict[str, Any]) -> None:
    """The access line of a socket, when it is over; `names` are those of its request."""
    log.info(
        "socket_ended",
        code=int(socket.code or Close.NORMAL),
        ms=round((time.monotonic() - socket.opened_at_s) * 1000),
        sent=socket.sent,
        received=socket.received,
        bytes=socket.sent_bytes,
        **names,
    )


def _read(text: str | None) -> Message | None:
    """A message of the client, or None for what is none."""
    try:
        message = json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
    is_message = isinstance(message, dict) and isinstance(message.get("type"), str)
    return message if is_message else None
