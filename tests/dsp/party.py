"""A third party that answers as a test says, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Reply:
    """What to answer. `body` is JSON, or bytes as they are; None cuts the connection."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[Asked], Reply | None]


class Party:
    """Listens on a port of this machine. Takes everything, and says at once that it has succeeded."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: Script = accept
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answers(self, *replies: Reply | None) -> None:
        """Answer with these, one after the other; from then on with the last."""
        left = list(replies)
        self.script = lambda _: left.pop(0) if len(left) > 1 else left[0]


def accept(asked: Asked) -> Reply:
    """Take it under a name made of what it is called; it has succeeded."""
    if asked.method == "POST":
        return Reply(202, {"id": f"remote-{asked.body.get('name', 'x')}"})
    return Reply(200, {"status": "success"})


def _handler(party: Party) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            asked = Asked(self.command, self.path, dict(self.headers), json.loads(raw) if raw else None)
            party.asked.append(asked)
            self.close_connection = True
            if (reply := party.script(asked)) is not None:
                self._send(reply)

        do_GET = do_POST = _answer  # noqa: N815 - as the library looks them up

        def _send(self, reply: Reply) -> None:
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
