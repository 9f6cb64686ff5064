"""A receiver of what leaves the processes: it keeps every byte, to look for what may not be there."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Received:
    """The requests that came, with their bodies unpacked."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.paths.append(path)
        self.headers.append(headers)
        self.bodies.append(body)

    def everything(self) -> bytes:
        """Every byte of it, headers and addresses too."""
        return b"\n".join([*self.bodies, json.dumps(self.headers).encode(), "\n".join(self.paths).encode()])


@contextmanager
def receiver() -> Iterator[Received]:
    """Listen on a free port, and answer everything as a receiver does that takes it."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.url = f"127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield received
    server.shutdown()
    server.server_close()


def items_of(received: Received, kind: str) -> list[dict]:
    """The items of one kind in Sentry's envelopes: `event`, `transaction`, …

    An envelope is lines of JSON: its header, then each item's header and payload.
    https://develop.sentry.dev/sdk/data-model/envelopes/
    """
    items = []
    for body in received.bodies:
        lines = iter(body.splitlines()[1:])
        for header in lines:
            payload = next(lines)
            if json.loads(header)["type"] == kind:
                items.append(json.loads(payload))
    return items


@dataclass(frozen=True)
class SeenSpan:
    """A span as a collector sees it."""

    trace_id: str
    id: str
    parent_id: str
    name: str
    service: str
    attributes: dict[str, object]
    linked: frozenset[str]
    """The ids of the spans that it refers to."""


def spans_of(received: Received) -> list[SeenSpan]:
    """The spans in OTLP's requests, in the order in which they came."""
    spans = []
    for body in received.bodies:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = _values(resource.resource.attributes)
            for scope in resource.scope_spans:
                spans += [_seen(span, about) for span in scope.spans]
    return spans


def _seen(span, about: dict[str, object]) -> SeenSpan:
    return SeenSpan(
        trace_id=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        name=span.name,
        service=str(about["service.name"]),
        attributes={**_values(span.attributes), "resource": about},
        linked=frozenset(link.span_id.hex() for link in span.links),
    )


def _values(attributes) -> dict[str, object]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
