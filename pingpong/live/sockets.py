"""WebSockets: a request becomes a socket, and a feature's `Party` is served on it.

The exchange begins when the request is over for Flask, so that a socket that is open for hours holds on to
none of what a request needs.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import structlog
from flask import Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from pingpong.errors import PingpongError
from pingpong.extensions import settings
from pingpong.live.exchange import Exchange, Surroundings, end
from pingpong.live.extension import current_hub
from pingpong.live.party import Party
from pingpong.live.websocket import Close, Socket

log = structlog.get_logger(__name__)


class Handled(Response):
    """What a view returns whose connection becomes a WebSocket, and is over when that is."""

    def __init__(self, serve: Callable[[], None]) -> None:
        super().__init__(status=101)
        self._serve = serve

    def __call__(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - as WSGI calls it
        """The server reads this body when Flask is through with the request."""
        return self

    def __iter__(self) -> Iterator[bytes]:
        """Serve; then tell gunicorn that there is nothing left to write."""
        self._serve()
        raise StopIteration


def serve(admit: Callable[[], Party]) -> Response:
    """Make the request a WebSocket, for the party that is admitted.

    Whoever is refused is told so by the code with which the socket is closed. Raises MalformedRequest for
    what is no handshake.
    """
    socket = Socket(
        request.environ["gunicorn.socket"],
        list(request.headers),
        max_message_bytes=settings.socket_max_message_bytes,
        ping_every_s=settings.socket_ping_every_s,
    )
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    around = Surroundings(app, current_hub(), app.extensions["attendance"], app.extensions["settings"])
    try:
        run = Exchange(socket, admit(), around).run
    except (PingpongError, SQLAlchemyError) as error:
        run = partial(end, socket, error)
    return Handled(partial(_run, run, socket, request.path))


def _run(exchange: Callable[[], None], socket: Socket, path: str) -> None:
    try:
        exchange()
    except Exception as error:  # noqa: BLE001 - the boundary: nobody reads the page of an error here
        end(socket, error)
    finally:
        socket.linger()
        log.info("socket_ended", path=path, code=int(socket.code or Close.NORMAL), sent=socket.sent)
