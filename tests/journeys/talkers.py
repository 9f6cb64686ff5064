"""Two web processes, and people who talk over both whatever happens."""

import itertools
import threading
from contextlib import suppress

import psutil
import requests
from websocket import WebSocketException

from tests.socket_peer import Closed, Peer, Recorder, Room
from tests.stack import COMMANDS, Stack, free_port

AWAY_AFTER_S = 3
SETTINGS = {
    "SOCKET_MESSAGES_AT_ONCE": "1000",
    "SOCKET_CHECK_EVERY_S": "1",
    "CHAT_AWAY_AFTER_S": str(AWAY_AFTER_S),
    "CHAT_MESSAGES_RATE_LIMIT": "1000000/second",
}


class TwoWebs(Stack):
    """Two web processes, each on a port of its own."""

    def __init__(self, home, **options) -> None:
        port = free_port()
        self.other_url = f"http://127.0.0.1:{port}"
        other = ("-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "wsgi:app")
        commands = {name: COMMANDS[name] for name in ("web", "worker", "scheduler")}
        super().__init__(home, commands={**commands, "other web": other}, **{**SETTINGS, **options})

    def worker_of(self, name: str) -> psutil.Process:
        """The process that holds the sockets of a web."""
        [worker] = psutil.Process(self.pid(name)).children()
        return worker


class Talker:
    """A client as it should be: it comes back with `?since=`, and says again what it has not heard of.

    It takes the web processes in turn.
    """

    def __init__(self, room: Room, who: int, first: dict, *addresses: str) -> None:
        self.heard = [first]
        self._room, self._who, self._addresses = room, who, addresses
        self._unheard: dict[str, str] = {}
        self._peer: Peer | None = None
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        self._unheard[text] = text
        peer = self._peer  # the other thread may take it away in between
        with suppress(OSError, WebSocketException):
            if peer:
                peer.post(text, client_id=text)

    def leave(self) -> None:
        self._leaving.set()
        peer = self._peer
        if peer:
            peer.drop()
        self._thread.join()

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.heard]

    def _run(self) -> None:
        for number in itertools.count():
            with suppress(Closed, OSError, WebSocketException, AttributeError):
                self._listen(self._addresses[number % len(self._addresses)])
            self._peer = None
            if self._leaving.wait(0.1):
                return

    def _listen(self, address: str) -> None:
        peer = self._room.open(self._who, since=self.heard[-1]["id"], at=address)
        self._peer = peer
        for text in [*self._unheard]:
            peer.post(text, client_id=text)
        while True:
            message = peer.hear_until("message")
            if message["seq"] == self.heard[-1]["seq"] + 1:
                self.heard.append(message)
            else:  # it was said before: nothing else is out of order
                assert message["client_id"] in self._unheard or message["seq"] <= self.heard[-1]["seq"]
            self._unheard.pop(message["client_id"] or "", None)


def is_up(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{url}/healthz", timeout=5).ok
    return False


def has_heard(recorder: Recorder, total: int) -> bool:
    return len(recorder.of()) >= total
