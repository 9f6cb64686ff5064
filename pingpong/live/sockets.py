"""News over WebSockets: the hub's updates as JSON messages, to one person.

Each feature says which topics a socket hears, how an update becomes messages, and what to do with what the
client says; all else is the same for all of them.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from pingpong.errors import Forbidden, PingpongError, Unauthorized, Unavailable
from pingpong.extensions import settings
from pingpong.live.extension import current_hub
from pingpong.live.hub import Hub
from pingpong.live.subscriber import Subscriber
from pingpong.live.topics import Audience
from pingpong.live.update import SHUTDOWN, Reset, Update
from pingpong.live.websocket import LINGER_S, Close, Socket

log = structlog.get_logger(__name__)

Message = dict[str, Any]


@dataclass(frozen=True)
class Listener:
    """Who is at the other end, what they hear, and whether they still may."""

    audience: Audience
    name: str
    still_counts: Callable[[], bool]


class Handled(Response):
    """What a view returns whose connection has become a WebSocket and is over."""

    def __call__(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - as WSGI calls it
        """Tell gunicorn that there is nothing left to write."""
        raise StopIteration


def serve(
    identify: Callable[[], Listener],
    translate: Callable[[Update], Iterable[Message]],
    receive: Callable[[Message], Iterable[Message]],
) -> Response:
    """Make the request a WebSocket and serve it until it ends.

    `translate` makes messages of an update; `receive` answers those of the client. Whoever `identify` refuses
    is told so by the code with which the socket is closed: a browser hears nothing else.
    """
    socket = Socket(
        request.environ["gunicorn.socket"],
        list(request.headers),
        max_message_bytes=settings.socket_max_message_bytes,
        ping_every_s=settings.socket_ping_every_s,
    )
    try:
        _admit(socket, identify, translate, receive)
    except (Unavailable, SQLAlchemyError) as error:
        log.warning("socket_interrupted", error=str(error).partition("\n")[0])
        socket.close(Close.TRY_AGAIN_LATER)
    except Exception:  # the boundary: nobody reads the page of an error here
        log.exception("socket_failed")
        socket.close(Close.INTERNAL_ERROR)
    finally:
        socket.linger()
        log.info("socket_ended", path=request.path, code=int(socket.code or Close.NORMAL), sent=socket.sent)
    return Handled(status=101)


def _admit(
    socket: Socket,
    identify: Callable[[], Listener],
    translate: Callable[[Update], Iterable[Message]],
    receive: Callable[[Message], Iterable[Message]],
) -> None:
    try:
        listener = identify()
    except Unauthorized as error:
        socket.close(Close.UNAUTHORIZED, error.message)
    except Forbidden as error:
        socket.close(Close.BAD_ORIGIN, error.message)
    else:
        with _Places(socket, listener) as has_place:
            if has_place:
                Exchange(socket, listener, current_hub(), translate, receive).run()


class _Places:
    """The sockets of a process and of each person in it are limited."""

    def __init__(self, socket: Socket, listener: Listener) -> None:
        self._socket = socket
        self._name = listener.name
        self._open: dict[str, int] = current_app.extensions.setdefault("open_sockets", {})

    def __enter__(self) -> bool:
        own = self._open.get(self._name, 0)
        if own >= settings.socket_max_per_person or sum(self._open.values()) >= settings.socket_max:
            self._socket.close(Close.TOO_MANY, "Too many sockets are open.")
        self._open[self._name] = own + 1
        return self._socket.is_open

    def __exit__(self, *_: object) -> None:
        self._open[self._name] -= 1
        if not self._open[self._name]:
            del self._open[self._name]


class Exchange:
    """One socket from its first message to its last."""

    def __init__(
        self,
        socket: Socket,
        listener: Listener,
        hub: Hub,
        translate: Callable[[Update], Iterable[Message]],
        receive: Callable[[Message], Iterable[Message]],
    ) -> None:
        self._socket = socket
        self._listener = listener
        self._hub = hub
        self._translate = translate
        self._receive = receive
        self._talk = Talk(settings.socket_messages_at_once, settings.socket_messages_within_s)

    def run(self) -> None:
        """Tell the news, and hear the client, until one of them is through."""
        established = {"type": "connection_established", "message": "Connected."}
        self._send({**established, "last_event_id": self._hub.last_event_id})
        audience = self._listener.audience
        subscriber = self._hub.subscribe(
            audience.topics | audience.control, request.args.get("since"), until=audience.until
        )
        reader = threading.Thread(target=self._listen, args=[subscriber, current_app._get_current_object()])  # type: ignore[attr-defined]
        reader.start()
        try:
            self._tell(subscriber)
        except Exception:
            self._socket.close(Close.INTERNAL_ERROR)
            raise
        finally:
            self._hub.unsubscribe(subscriber)
            self._socket.close(Close.NORMAL)
            reader.join(LINGER_S)  # the peer may never hang up

    def _tell(self, subscriber: Subscriber) -> None:
        checked_at_s = time.monotonic()
        while (updates := subscriber.take(settings.socket_check_every_s)) is not None:
            for update in updates:
                self._pass_on(update)
            if not self._socket.is_open:
                return
            # The news of a session's end may have been lost on the way.
            if time.monotonic() - checked_at_s >= settings.socket_check_every_s:
                checked_at_s = time.monotonic()
                if not self._listener.still_counts():
                    break
        if subscriber.is_lagging:
            self._socket.close(Close.LAGGING, "Too slow; reconnect with ?since=.")
        self._socket.close(Close.UNAUTHORIZED, "The session has ended, or the token has expired.")

    def _pass_on(self, update: Update) -> None:
        if update is SHUTDOWN:
            self._socket.close(Close.GOING_AWAY, "Reconnect.")
        elif isinstance(update, Reset):
            self._send({"type": "reset", "event_id": str(update.position or "")})
        else:
            for message in self._translate(update):
                self._send({**message, "event_id": str(update.position)} if update.position else message)

    def _listen(self, subscriber: Subscriber, app: Any) -> None:  # noqa: ANN401 - Flask
        try:
            with app.app_context():
                self._socket.read(self._hear)
        except Exception:  # the boundary of the reader
            log.exception("socket_failed")
            self._socket.close(Close.INTERNAL_ERROR)
        finally:
            subscriber.close()

    def _hear(self, text: str | None) -> None:
        if not self._talk.may():
            self._complain("too_many_messages", "Too many messages; wait a moment.")
            return
        try:
            message = json.loads(text) if text is not None else None
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            self._complain("malformed_message", 'A message is a JSON object with a "type".')
            return
        self._answer(message)

    def _answer(self, message: Message) -> None:
        if message["type"] == "ping":
            self._send({"type": "pong"})
            return
        try:
            for answer in self._receive(message):
                self._send(answer)
        except PingpongError as error:
            self._complain(error.code, error.message)

    def _complain(self, code: str, words: str) -> None:
        self._send({"type": "error", "code": code, "message": words})

    def _send(self, message: Message) -> None:
        self._socket.send(json.dumps(message, ensure_ascii=False))


class Talk:
    """How much a client may say: so many messages within so many seconds."""

    def __init__(self, at_once: int, within_s: float) -> None:
        self._at_once = at_once
        self._within_s = within_s
        self._said = 0
        self._since_s = time.monotonic()

    def may(self) -> bool:
        """Whether one more is all right; it is counted."""
        now_s = time.monotonic()
        if now_s - self._since_s > self._within_s:
            self._said, self._since_s = 0, now_s
        self._said += 1
        return self._said <= self._at_once
