"""A third party that does anything it likes with a connection."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Conduct = Callable[[socket.socket], None]

LASTS_S = 60
"""How long it bears with somebody who does not hang up."""


class RawParty:
    """Reads a request up to its end, and then does with the connection what it was told."""

    def __init__(self, conduct: Conduct, tls: ssl.SSLContext | None = None) -> None:
        self.heard = b""
        self._conduct, self._tls = conduct, tls
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with suppress(OSError), connection:
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(LASTS_S)
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            while b"\r\n\r\n" not in self.heard:
                if not (chunk := connection.recv(65536)):
                    return
                self.heard += chunk
            self._conduct(connection)


def says(*parts: bytes) -> Conduct:
    """Says this, and hangs up."""

    def conduct(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return conduct


def drips(head: bytes, every_s: float) -> Conduct:
    """Says this at once, and then a byte now and then, for as long as somebody listens."""
    pause = threading.Event()

    def conduct(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(int(LASTS_S / every_s)):
            pause.wait(every_s)
            connection.sendall(b" ")

    return conduct


def hears_only(connection: socket.socket) -> None:
    """Says nothing until the other side hangs up."""
    connection.recv(1)
