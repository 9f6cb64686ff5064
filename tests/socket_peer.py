"""The other end of a socket, and people who talk in a conversation."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import requests
from websocket import WebSocket, WebSocketException, create_connection

from tests.api_client import ApiClient

Json = dict[str, Any]

WITHIN_S = 20
TEXT, CLOSE = 1, 8


class Closed(Exception):
    """It was closed, with this code."""


class Peer:
    """The other end of a socket."""

    def __init__(self, connection: WebSocket) -> None:
        self.connection = connection

    def hear(self, within_s: float = WITHIN_S) -> Json:
        """The next message. Raises Closed."""
        self.connection.settimeout(within_s)
        opcode, data = self.connection.recv_data()
        if opcode != TEXT:
            raise Closed(_code(data))
        return json.loads(data)

    def hear_until(self, kind: str) -> Json:
        """The next message of this type; what comes before is passed over."""
        while (message := self.hear())["type"] != kind:
            pass
        return message

    def hear_some(self, count: int, kind: str = "message") -> list[Json]:
        """So many messages of this type; others are passed over."""
        return [self.hear_until(kind) for _ in range(count)]

    def until_now(self) -> list[Json]:
        """What has been told until now."""
        self.say({"type": "ping"})
        heard = []
        while (message := self.hear())["type"] != "pong":
            heard.append(message)
        return heard

    def say(self, message: object) -> None:
        self.connection.send(message if isinstance(message, str) else json.dumps(message))

    def post(self, text: str, client_id: str | None = None) -> None:
        """Say something in a conversation."""
        named = {"client_id": client_id} if client_id else {}
        self.say({"type": "message", "text": text, **named})

    def closed_with(self, within_s: float = WITHIN_S) -> int:
        """The code with which it is closed; what comes before is passed over."""
        self.connection.settimeout(within_s)
        while True:
            opcode, data = self.connection.recv_data()
            if opcode == CLOSE:
                return _code(data)

    def drop(self) -> None:
        """Be gone without a word."""
        self.connection.shutdown()


class Recorder:
    """Hears all that a peer is told, in a thread of its own, until the socket is closed."""

    def __init__(self, peer: Peer) -> None:
        self.heard: list[Json] = []
        self.code: int | None = None
        self._peer = peer
        threading.Thread(target=self._run, daemon=True).start()

    def of(self, kind: str = "message") -> list[Json]:
        """What was told of this type."""
        return [message for message in self.heard if message["type"] == kind]

    def states(self, who: Json) -> list[bool]:
        """What was told of somebody: whether they are online."""
        return [one["online"] for one in self.of("presence") if one["user"] == who]

    def _run(self) -> None:
        with suppress(OSError, WebSocketException):  # it was cut
            try:
                while True:
                    self.heard.append(self._peer.hear(within_s=600))
            except Closed as closed:
                self.code = closed.args[0]


@contextmanager
def opening(url: str) -> Iterator[Callable[..., Peer]]:
    """Opens sockets at an address; all are dropped at the end."""
    with ExitStack() as opened:

        def open_one(
            token: str | None = None, *, query: dict[str, str] | None = None, **options: Any
        ) -> Peer:
            asked = {**({"token": token} if token else {}), **(query or {})}
            connection = _connected(url, asked, **options)
            opened.callback(connection.shutdown)
            return Peer(connection)

        yield open_one


class Room:
    """A group of new people, the first of whom owns it, and their sockets."""

    def __init__(self, url: str, people: int = 3) -> None:
        self.url = url
        self.people = [ApiClient(url) for _ in range(people)]
        self.ids = [person.get("/api/users/profile/")["id"] for person in self.people]
        owner, others = self.people[0], self.ids[1:]
        self.id = owner.post("/api/chat/conversations/", participants=others, name="Engines")["id"]
        self._opened: list[WebSocket] = []

    def open(self, who: int = 0, since: str | None = None, *, at: str | None = None) -> Peer:
        """A socket of one of these people, heard from now on; at one of the web processes."""
        query = {"token": self.people[who].access, **({"since": since} if since else {})}
        return self.connect(query, url=self.address(at))

    def connect(self, query: dict[str, str], *, url: str | None = None, **options: Any) -> Peer:
        """A socket, whoever it is of."""
        connection = _connected(url or self.address(), query, **options)
        self._opened.append(connection)
        return Peer(connection)

    def address(self, at: str | None = None) -> str:
        """Of its sockets."""
        return f"{(at or self.url).replace('http', 'ws', 1)}/ws/chat/{self.id}/"

    def who(self, number: int) -> Json:
        """One of these people, as they are told of."""
        return {"id": self.ids[number], "username": self.people[number].email}

    def call(self, method: str, path: str = "", who: int = 0, **body: object) -> requests.Response:
        """Ask the API for something that concerns this conversation."""
        url = f"{self.url}/api/chat/conversations/{self.id}/{path}"
        headers = self.people[who].headers
        return requests.request(method, url, json=body or None, headers=headers, timeout=WITHIN_S)

    def change(self, method: str, path: str = "", who: int = 0, **body: object) -> None:
        """Change something by the API."""
        response = self.call(method, path, who, **body)
        assert response.ok, response.text

    def stored(self) -> list[Json]:
        """All that was said, the oldest first, as the API shows it."""
        messages: list[Json] = []
        before = ""
        while before is not None:
            page = self.call("GET", f"messages/?limit=100{before and f'&before={before}'}").json()
            messages += page["items"]
            before = page["next"]
        return messages[::-1]

    def said(self, *texts: str, at: str | None = None) -> list[Json]:
        """Have the first of them say this; as it was heard."""
        peer = self.open(at=at)
        for text in texts:
            peer.post(text)
        messages = peer.hear_some(len(texts))
        peer.drop()
        return messages

    def close(self) -> None:
        for connection in self._opened:
            connection.shutdown()


def sockets(url: str) -> int:
    """How many are open at a web process."""
    count: int = requests.get(f"{url}/api/chat/health/", timeout=WITHIN_S).json()["sockets"]
    return count


def seqs(messages: list[Json]) -> list[int]:
    return [message["seq"] for message in messages]


def _connected(url: str, query: dict[str, str], **options: Any) -> WebSocket:
    options.setdefault("suppress_origin", "origin" not in options)
    return create_connection(f"{url}?{urlencode(query)}", timeout=WITHIN_S, **options)


def _code(data: bytes) -> int:
    return int.from_bytes(data[:2], "big")
