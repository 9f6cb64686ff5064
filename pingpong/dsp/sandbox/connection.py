"""The client's connection, for what goes wrong below HTTP."""

import errno
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from flask import Response
from gevent.pywsgi import WSGIHandler
from gevent.socket import wait_read

ENVIRON_KEY = "pingpong.connection"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""A `struct linger`: on, for no time at all. The kernel then closes with RST instead of FIN."""


class Connection:
    """The socket that a request came in on."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def hold(self, seconds: float) -> None:
        """Say nothing until the client has hung up, but no longer than this. The body must have been read."""
        with suppress(TimeoutError):
            wait_read(self._client.fileno(), seconds)

    def hang_up(self) -> Response:
        """Return an answer of which nothing reaches the client: the connection is reset instead."""
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        return Response(_broken_off())


def _broken_off() -> Iterator[bytes]:
    # To the server this is a client that has gone: it sends nothing, not even headers, and closes.
    raise ConnectionResetError(errno.ECONNRESET, "reset on purpose")
    yield b""


class ConnectionHandler(WSGIHandler):
    """Hands the connection to the application."""

    def get_environ(self) -> dict[str, Any]:
        """What WSGI says, and the connection."""
        environ: dict[str, Any] = super().get_environ()
        environ[ENVIRON_KEY] = Connection(self.socket)
        return environ
