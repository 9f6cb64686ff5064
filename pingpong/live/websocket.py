"""One WebSocket connection (RFC 6455), by wsproto, on a socket that was taken over from a request.

While nothing happens it has no greenlet: what comes in begins one, which is gone when that is dealt with.
Flask-Sock's own connection has two threads, sends frames in part when the peer is slow, keeps what comes in
without end, and compresses, at 300 kB a connection.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import IntEnum
from typing import cast

import gevent
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

from pingpong.errors import MalformedRequest

READ_BYTES = 16 * 1024
READABLE = 1
"""What libev calls it."""
LINGER_S = 2.0
"""How long the peer may take to read why it was closed and to hang up; a reset would lose the reason."""
FRAMES_AT_ONCE = 300
FRAMES_WITHIN_S = 10.0
"""More frames than this, of any kind, are a flood."""

Receive = Callable[[str | None], None]
"""Takes a text message, or None for a binary one."""


class Close(IntEnum):
    """Why a connection is closed (RFC 6455 §7.4; from 4000 on they are ours)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    INVALID_TEXT = 1007
    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    LAGGING = 4408
    INVALID = 4422
    TOO_MANY = 4429


def read_handshake(headers: Iterable[tuple[str, str]]) -> WSConnection:
    """What a request asks for. Raises MalformedRequest for what is no handshake."""
    # Without extensions: compression costs more memory than the rest of a connection.
    plain = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if name.lower() != "sec-websocket-extensions"
    ]
    handshake = WSConnection(ConnectionType.SERVER)
    try:
        handshake.initiate_upgrade_connection(plain, "/")
        if not isinstance(next(iter(handshake.events())), Request):
            raise MalformedRequest("This is no WebSocket handshake.")
    except (ProtocolError, StopIteration) as error:
        raise MalformedRequest("This is no WebSocket handshake.") from error
    return handshake


class Socket:
    """Reads messages, answers pings, and says why it closes.

    `code` is why it was closed, None while it is open. `sent` and `received` count messages. `on_end` is
    called once, when all is over.
    """

    def __init__(
        self,
        stream: socket.socket,
        handshake: WSConnection,
        on_end: "Callable[[Socket], None]",
        *,
        max_message_bytes: int,
        ping_every_s: float,
    ) -> None:
        self.code: int | None = None
        self.sent = self.received = self.sent_bytes = 0
        self.opened_at_s = time.monotonic()
        self._stream = stream
        self._handshake: WSConnection | None = handshake
        self._protocol: Connection | None = None
        self._on_end: Callable[[Socket], None] | None = on_end
        self._receive: Receive | None = None
        self._max_message_bytes = max_message_bytes
        self._ping_every_s = ping_every_s
        self._sending = threading.Lock()
        self._message: list[str | bytes | bytearray] = []
        self._message_bytes = 0
        self._frames = 0
        self._frames_since_s = self._since_s = time.monotonic()
        self._is_pinged = False
        self._stream.settimeout(ping_every_s)
        self._readable = gevent.get_hub().loop.io(stream.fileno(), READABLE)

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed it."""
        return self.code is None

    def accept(self) -> None:
        """Answer the handshake. Nothing happens if that is done."""
        if self._handshake:
            answer = self._handshake.send(AcceptConnection())
            self._protocol, self._handshake = self._handshake.connection, None
            self._write(answer)

    def listen(self, receive: Receive) -> None:
        """Hand over, from now on, each message that comes in, one after the other. It may be over already."""
        self._receive = receive
        if self._on_end:
            self._readable.start(self._begin_turn)

    def send(self, text: str) -> None:
        """Send a message. A peer that does not take it within the time-out is given up."""
        self.sent += 1
        self._send(TextMessage(data=text))

    def close(self, code: int, reason: str = "") -> None:
        """Say why, and end. Nothing happens if it is closed already."""
        if self.is_open:
            self.accept()
            self._send(CloseConnection(code=code, reason=reason))
            self._hang_up(code)

    def check(self, now_s: float) -> None:
        """Ping a peer that is silent; give up one that stays so, or does not hang up. Never waits."""
        silent_s = now_s - self._since_s
        if not self.is_open and silent_s > LINGER_S:
            gevent.spawn(self._end)
        elif self.is_open and self._is_pinged and silent_s > 2 * self._ping_every_s:
            gevent.spawn(self.close, Close.POLICY, "No sign of life.")
        elif self.is_open and not self._is_pinged and silent_s > self._ping_every_s:
            self._is_pinged = True
            gevent.spawn(self._send, Ping())

    def _begin_turn(self) -> None:
        """Called by the event loop, which must not wait. Until it is dealt with, nothing more is read."""
        self._readable.stop()
        gevent.spawn(self._turn)

    def _turn(self) -> None:
        try:
            data = self._stream.recv(READ_BYTES)
        except OSError:
            data = b""
        if data and self.is_open:
            self._take(data)
        if data and self._on_end:
            self._readable.start(self._begin_turn)
        else:
            self._break_off()
            self._end()

    def _take(self, data: bytes) -> None:
        self._since_s, self._is_pinged = time.monotonic(), False
        protocol = cast(Connection, self._protocol)  # it listens only when it has accepted
        try:
            protocol.receive_data(data)
            for event in protocol.events():
                self._handle(event)
                if not self.is_open:
                    return
        except ProtocolError:
            self.close(Close.PROTOCOL_ERROR)

    def _handle(self, event: Event) -> None:
        if self._is_flood():
            self.close(Close.POLICY, "Too many frames.")
        elif isinstance(event, (TextMessage, BytesMessage)):
            self._gather(event)
        elif isinstance(event, Ping):
            self._send(event.response())
        elif isinstance(event, CloseConnection):
            self._send(event.response())
            self._hang_up(event.code)
        elif not isinstance(event, Pong):
            self.close(Close.PROTOCOL_ERROR)

    def _gather(self, event: TextMessage | BytesMessage) -> None:
        """A message may come in frames, and a frame in parts."""
        self.received += event.message_finished
        self._message_bytes += len(event.data.encode() if isinstance(event.data, str) else event.data)
        if self._message_bytes > self._max_message_bytes:
            self.close(Close.TOO_BIG, f"At most {self._max_message_bytes} bytes.")
            return
        if event.data:  # frames may be empty, without end
            self._message.append(event.data)
        if event.message_finished and self._receive:
            parts, self._message, self._message_bytes = self._message, [], 0
            texts = [part for part in parts if isinstance(part, str)]
            self._receive("".join(texts) if isinstance(event, TextMessage) else None)

    def _send(self, event: Event) -> None:
        with self._sending:
            if not self.is_open or self._protocol is None:
                return
            with suppress(
                ProtocolError
            ):  # the peer has just closed it, and is answered by whoever reads that
                self._write(self._protocol.send(event))

    def _write(self, data: bytes) -> None:
        self.sent_bytes += len(data)
        try:
            self._stream.sendall(data)
        except OSError:
            self._break_off()

    def _hang_up(self, code: int, how: int = socket.SHUT_WR) -> None:
        """Send nothing from here on. What was sent still arrives; when the peer hangs up, too, it is over."""
        if self.is_open:
            self.code, self._since_s = code, time.monotonic()
            with suppress(OSError):
                self._stream.shutdown(how)

    def _break_off(self) -> None:
        """The peer is gone, or takes nothing."""
        self._hang_up(Close.GOING_AWAY, socket.SHUT_RDWR)

    def _end(self) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end:
            self._readable.stop()
            self._readable.close()
            self._stream.close()
            on_end(self)

    def _is_flood(self) -> bool:
        now_s = time.monotonic()
        if now_s - self._frames_since_s > FRAMES_WITHIN_S:
            self._frames, self._frames_since_s = 0, now_s
        self._frames += 1
        return self._frames > FRAMES_AT_ONCE
