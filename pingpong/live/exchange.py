"""One socket, from its first message to its last."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from pingpong.errors import Forbidden, NotFound, PingpongError, TooManyRequests, Unauthorized, Unavailable
from pingpong.live.attendance import Attendance
from pingpong.live.hub import Hub
from pingpong.live.party import Message, Party
from pingpong.live.subscriber import Subscriber
from pingpong.live.update import SHUTDOWN, Reset, Update
from pingpong.live.websocket import LINGER_S, Close, Socket
from pingpong.settings import Settings

log = structlog.get_logger(__name__)


CODES: tuple[tuple[type[Exception], Close], ...] = (
    (Unauthorized, Close.UNAUTHORIZED),
    (Forbidden, Close.FORBIDDEN),
    (NotFound, Close.NOT_FOUND),
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
    settings: Settings


class Exchange:
    """Tells one party the news, and hears what it says, until one of both sides is through."""

    def __init__(self, socket: Socket, party: Party, around: Surroundings) -> None:
        self._socket = socket
        self._party = party
        self._around = around
        self._talk = Talk(around.settings.socket_messages_at_once, around.settings.socket_messages_within_s)

    def run(self) -> None:
        """From the handshake on. Raises what kept it from beginning."""
        with ExitStack() as ending:
            subscriber = self._enter(ending)
            reader = threading.Thread(target=self._listen, args=[subscriber])
            reader.start()
            try:
                self._tell(subscriber)
            except Exception as error:  # noqa: BLE001 - the boundary of the writer
                end(self._socket, error)
            self._socket.close(Close.NORMAL)
            reader.join(LINGER_S)  # the peer may never hang up

    def _enter(self, ending: ExitStack) -> Subscriber:
        """The handshake is answered last: whoever is connected misses nothing from then on."""
        hub, party = self._around.hub, self._party
        with self._around.app.app_context():
            self._around.attendance.enter(party.person_id)
            ending.callback(self._leave)
            topics = party.audience.topics | party.audience.control
            subscriber = hub.subscribe(topics, party.last_event_id, until=party.audience.until)
            ending.callback(hub.unsubscribe, subscriber)
            greeting = party.greet()
            self._socket.accept()
            self._send_all(greeting)
        return subscriber

    def _leave(self) -> None:
        with self._around.app.app_context():
            self._around.attendance.leave(self._party.person_id)

    def _tell(self, subscriber: Subscriber) -> None:
        look_every_s = self._around.settings.socket_check_every_s
        looked_at_s = time.monotonic()
        while (updates := subscriber.take(look_every_s)) is not None:
            for update in updates:
                self._pass_on(update)
            if not self._socket.is_open:
                return
            if time.monotonic() - looked_at_s >= look_every_s:
                looked_at_s = time.monotonic()
                with self._around.app.app_context():
                    self._send_all(self._party.look())
        if subscriber.is_lagging:
            self._socket.close(Close.LAGGING, "Too slow; come back.")
        elif self._socket.is_open:
            with self._around.app.app_context():
                self._party.look()  # knows better why, if it is not that the token has expired
            raise Unauthorized("The session has ended, or the token has expired.")

    def _pass_on(self, update: Update) -> None:
        if update is SHUTDOWN:
            self._socket.close(Close.GOING_AWAY, "Reconnect.")
        elif isinstance(update, Reset):
            with self._around.app.app_context():
                self._send_all(self._party.resume(update))
        else:
            self._send_all(self._party.translate(update))

    def _listen(self, subscriber: Subscriber) -> None:
        try:
            self._socket.read(self._hear)
        except Exception as error:  # noqa: BLE001 - the boundary of the reader
            end(self._socket, error)
        finally:
            subscriber.close()

    def _hear(self, text: str | None) -> None:
        message = _read(text)
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
        self._send({"type": "error", "code": code, "message": words, **named})

    def _send_all(self, messages: Iterable[Message | str]) -> None:
        for message in messages:
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


def end(socket: Socket, error: Exception) -> None:
    """Close a socket because of an error, with the code that says what it was."""
    code = next((code for kind, code in CODES if isinstance(error, kind)), Close.INTERNAL_ERROR)
    if code == Close.INTERNAL_ERROR:
        log.error("socket_failed", exc_info=error)
    elif code == Close.TRY_AGAIN_LATER:
        log.warning("socket_interrupted", error=str(error).partition("\n")[0])
    socket.accept()
    socket.close(code, error.message if isinstance(error, PingpongError) else "")


def _read(text: str | None) -> Message | None:
    """A message of the client, or None for what is none."""
    try:
        message = json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
    is_message = isinstance(message, dict) and isinstance(message.get("type"), str)
    return message if is_message else None
