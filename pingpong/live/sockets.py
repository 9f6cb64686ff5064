"""WebSockets: a request becomes a socket, and a feature's `Party` is served on it.

The connection is taken over when the request is over for Flask, and gunicorn is told that it has ended: a
socket that is open for hours holds on to nothing of the request.
"""

import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import structlog
from flask import Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from wsproto import WSConnection

from pingpong.errors import PingpongError
from pingpong.live.exchange import Exchange, Surroundings, end, log_end, new_socket
from pingpong.live.extension import current_hub
from pingpong.live.party import Party
from pingpong.live.websocket import Socket, read_handshake


class TakenOver(Response):
    """What a view returns whose connection becomes a WebSocket."""

    def __init__(self, begin: Callable[[], None]) -> None:
        super().__init__(status=101)
        self._begin = begin

    def __call__(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - as WSGI calls it
        """The server reads this body when Flask is through with the request."""
        return self

    def __iter__(self) -> Iterator[bytes]:
        """Begin; then tell gunicorn that there is nothing left to do."""
        self._begin()
        raise StopIteration


def serve(admit: Callable[[], Party]) -> Response:
    """Make the request a WebSocket, for the party that is admitted.

    Whoever is refused is told so by the code with which the socket is closed. Raises MalformedRequest for
    what is no handshake.
    """
    structlog.contextvars.bind_contextvars(path=request.path)
    handshake, stream = read_handshake(list(request.headers)), request.environ["gunicorn.socket"]
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    around = Surroundings(
        app, current_hub(), app.extensions["attendance"], app.extensions["rounds"], app.extensions["settings"]
    )
    try:
        party = admit()
    except (PingpongError, SQLAlchemyError) as error:
        return TakenOver(partial(_refuse, error, stream, handshake, around))
    return TakenOver(partial(_begin, party, stream, handshake, around))


def _begin(party: Party, stream: socket.socket, handshake: WSConnection, around: Surroundings) -> None:
    Exchange(_take_over(stream), handshake, party, around).begin()


def _refuse(error: Exception, stream: socket.socket, handshake: WSConnection, around: Surroundings) -> None:
    """Say why, and wait until that is heard."""
    names = structlog.contextvars.get_contextvars()

    def leave(socket: Socket) -> None:
        around.rounds.leave(socket)
        log_end(socket, names)

    refused = new_socket(_take_over(stream), handshake, around, leave)
    end(refused, error)
    around.rounds.join(refused)
    refused.listen(lambda _: None)


def _take_over(stream: socket.socket) -> socket.socket:
    """The connection, out of the server's hands: it closes what it has left, which is nothing."""
    return socket.socket(fileno=stream.detach())
