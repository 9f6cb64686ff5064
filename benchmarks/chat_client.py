"""WebSockets by the thousand in one process (RFC 6455), so that sender and recipients share a clock."""

import asyncio
import base64
import json
import struct
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

KEY = base64.b64encode(bytes(16)).decode()
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
FINAL, MASKED = 0x80, 0x80
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
NO_MASK = bytes(4)
"""A client has to mask what it sends; by this key it stays what it is."""
TWO_BYTES, EIGHT_BYTES = 126, 127
"""What stands for a length that follows in so many bytes."""
OPENING_AT_ONCE = 16

Message = dict[str, Any]
Receive = Callable[["ChatSocket", Message, float], None]
"""Called with the socket, the message, and when it came by the monotonic clock."""


class ChatSocket(asyncio.Protocol):
    """One person's end of a conversation. It answers pings."""

    def __init__(self, path: str, receive: Receive) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended = ""
        """Why, once it has ended."""
        self._path = path
        self._receive = receive
        self._unread = bytearray()

    def say(self, message: Message) -> None:
        """Send a message. Nothing happens when the socket has ended."""
        if not self.ended:
            self._send(TEXT, json.dumps(message).encode())

    def close(self) -> None:
        """Leave. Nothing happens when the socket has ended."""
        if not self.ended:
            self.ended = "closed by us"
            self._send(CLOSE, struct.pack("!H", 1000))
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(HANDSHAKE.format(path=self._path).encode())

    def data_received(self, data: bytes) -> None:
        """Read the answer to the handshake, then frames."""
        now = time.monotonic()
        self._unread += data
        if not self.opened.done():
            self._read_handshake()
        while self.opened.done() and (frame := self._next_frame()):
            self._take(*frame, now)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits for it to open."""
        self.ended = self.ended or f"hung up ({error})"
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(self.ended))

    def _read_handshake(self) -> None:
        head, end, rest = self._unread.partition(b"\r\n\r\n")
        if end and head.startswith(b"HTTP/1.1 101 "):
            self._unread = rest
            self.opened.set_result(None)
        elif end:
            self.ended = f"refused: {head.decode()}"
            self._transport.close()

    def _next_frame(self) -> tuple[int, bytes] | None:
        """The next one that is there as a whole: its kind and its content, which a server does not mask."""
        unread, start = self._unread, 2
        length = unread[1] if len(unread) >= start else 0
        if length in (TWO_BYTES, EIGHT_BYTES):
            start = 4 if length == TWO_BYTES else 10
            length = int.from_bytes(unread[2:start], "big")
        if len(unread) < start or len(unread) < start + length:
            return None
        kind, content = unread[0] & 0x0F, bytes(unread[start : start + length])
        del unread[: start + length]
        return kind, content

    def _take(self, kind: int, content: bytes, now: float) -> None:
        if kind == TEXT:
            self._receive(self, json.loads(content), now)
        elif kind == PING:
            self._send(PONG, content)
        elif kind == CLOSE:
            self.ended = self.ended or f"closed with {int.from_bytes(content[:2], 'big')}"
            self._transport.close()

    def _send(self, kind: int, content: bytes) -> None:
        length = len(content)
        is_short = length < TWO_BYTES
        size = bytes([MASKED | length]) if is_short else struct.pack("!BH", MASKED | TWO_BYTES, length)
        self._transport.write(bytes([FINAL | kind]) + size + NO_MASK + content)


async def open_sockets(port: int, paths: Iterable[str], receive: Receive) -> list[ChatSocket]:
    """A socket for each path, in their order, some at a time. Raises ConnectionError if one is refused."""
    places = asyncio.Semaphore(OPENING_AT_ONCE)

    async def open_one(path: str) -> ChatSocket:
        async with places:
            loop = asyncio.get_running_loop()
            _, socket = await loop.create_connection(lambda: ChatSocket(path, receive), "127.0.0.1", port)
            await socket.opened
            return socket

    return list(await asyncio.gather(*map(open_one, paths)))
