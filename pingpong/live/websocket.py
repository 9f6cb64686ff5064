"""One WebSocket connection (RFC 6455) on the socket of a request, by wsproto.

The greenlet that serves the request writes; another one reads. Flask-Sock's own connection sends frames in
part when the peer is slow, keeps what comes in without end, and compresses, at 300 kB a connection.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import IntEnum

from wsproto import ConnectionType, WSConnection
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
LINGER_S = 2.0
FRAMES_AT_ONCE = 300
FRAMES_WITHIN_S = 10.0
"""More frames than this, of any kind, are a flood."""


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
    TOO_MANY = 4429


class Socket:
    """Reads messages for `receive`, answers pings, and pings a peer that is silent for `ping_every_s`.

    `code` is why it was closed, None while it is open.
    """

    def __init__(
        self,
        stream: socket.socket,
        headers: Iterable[tuple[str, str]],
        *,
        max_message_bytes: int,
        ping_every_s: float,
    ) -> None:
        self.code: int | None = None
        self.sent = 0
        self._stream = stream
        self._max_message_bytes = max_message_bytes
        self._sending = threading.Lock()
        self._message: list[str | bytes | bytearray] = []
        self._message_bytes = 0
        self._frames = 0
        self._frames_since_s = time.monotonic()
        self._is_pinged = False
        stream.settimeout(ping_every_s)
        self._is_accepted = False
        self._protocol = WSConnection(ConnectionType.SERVER)
        self._read_handshake(headers)

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed it."""
        return self.code is None

    def accept(self) -> None:
        """Answer the handshake. Nothing happens if that is done."""
        if not self._is_accepted:
            self._is_accepted = True
            self._send(AcceptConnection())

    def read(self, receive: Callable[[str | None], None]) -> None:
        """Hand over each text message, and None for each binary one, until the connection is closed."""
        while self.is_open:
            try:
                data = self._stream.recv(READ_BYTES)
            except TimeoutError:
                self._ping()
                continue
            except OSError:
                data = b""
            self._take(data, receive)

    def send(self, text: str) -> None:
        """Send a message. A peer that does not take it within the time-out is given up."""
        self.sent += 1
        self._send(TextMessage(data=text))

    def close(self, code: int, reason: str = "") -> None:
        """Say why, and end. Nothing happens if it is closed already."""
        if self.is_open:
            self._send(CloseConnection(code=code, reason=reason))
            self.code = code
            self._hang_up()

    def linger(self) -> None:
        """Wait a moment until the peer has read why. What it still sends is thrown away.

        A connection that is closed with something unread is reset, and the reason lost with it.
        """
        ends_at_s = time.monotonic() + LINGER_S
        with suppress(OSError):
            self._stream.settimeout(LINGER_S)
            while time.monotonic() < ends_at_s and self._stream.recv(READ_BYTES):
                pass

    def _read_handshake(self, headers: Iterable[tuple[str, str]]) -> None:
        """Raises MalformedRequest for what is no handshake."""
        # Without extensions: compression costs more memory than the rest of a connection.
        plain = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers
            if name.lower() != "sec-websocket-extensions"
        ]
        try:
            self._protocol.initiate_upgrade_connection(plain, "/")
            if not isinstance(next(iter(self._protocol.events())), Request):
                raise MalformedRequest("This is no WebSocket handshake.")
        except (ProtocolError, StopIteration) as error:
            raise MalformedRequest("This is no WebSocket handshake.") from error

    def _take(self, data: bytes, receive: Callable[[str | None], None]) -> None:
        self._is_pinged = False
        try:
            self._protocol.receive_data(data or None)
            for event in self._protocol.events():
                self._handle(event, receive)
                if not self.is_open:
                    return
        except ProtocolError:
            self.close(Close.PROTOCOL_ERROR)
        if not data:
            self.code = self.code or Close.GOING_AWAY

    def _handle(self, event: Event, receive: Callable[[str | None], None]) -> None:
        if self._is_flood():
            self.close(Close.POLICY, "Too many frames.")
        elif isinstance(event, (TextMessage, BytesMessage)):
            self._gather(event, receive)
        elif isinstance(event, Ping):
            self._send(event.response())
        elif isinstance(event, CloseConnection):
            with suppress(ProtocolError):
                self._send(event.response())
            self.code = event.code
            self._hang_up()
        elif not isinstance(event, Pong):
            self.close(Close.PROTOCOL_ERROR)

    def _gather(self, event: TextMessage | BytesMessage, receive: Callable[[str | None], None]) -> None:
        """A message may come in frames, and a frame in parts."""
        self._message_bytes += len(event.data.encode() if isinstance(event.data, str) else event.data)
        if self._message_bytes > self._max_message_bytes:
            self.close(Close.TOO_BIG, f"At most {self._max_message_bytes} bytes.")
            return
        self._message.append(event.data)
        if event.message_finished:
            parts, self._message, self._message_bytes = self._message, [], 0
            texts = [part for part in parts if isinstance(part, str)]
            receive("".join(texts) if isinstance(event, TextMessage) else None)

    def _ping(self) -> None:
        if self._is_pinged:
            self.close(Close.POLICY, "No sign of life.")
        self._is_pinged = True
        self._send(Ping())

    def _send(self, event: Event) -> None:
        with self._sending:
            if not self.is_open:
                return
            try:
                self._stream.sendall(self._protocol.send(event))
            except OSError:
                self.code = Close.GOING_AWAY
                self._hang_up()
            except ProtocolError:  # the peer has just closed it
                self.code = self.code or Close.GOING_AWAY

    def _hang_up(self) -> None:
        """Wake up the reader; what was sent still arrives, for the other direction stays open for it."""
        with suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR if self.code == Close.GOING_AWAY else socket.SHUT_WR)

    def _is_flood(self) -> bool:
        now_s = time.monotonic()
        if now_s - self._frames_since_s > FRAMES_WITHIN_S:
            self._frames, self._frames_since_s = 0, now_s
        self._frames += 1
        return self._frames > FRAMES_AT_ONCE
