"""What a client of the platform sends."""

import socket
import uuid
from urllib.parse import urlsplit

import requests

from tests.dsp.sandbox_client import SandboxServer

WAITS_S = 10


def submit(
    sandbox: SandboxServer, entity_type: str = "campaign", key: str | None = None, **body: object
) -> requests.Response:
    """Send an entity, under a new key if none is given."""
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    return requests.post(f"{sandbox.url}/v1/{entity_type}", json=body, headers=headers, timeout=WAITS_S)


def submitted(sandbox: SandboxServer, entity_type: str = "campaign") -> str:
    """The id of a new entity."""
    entity_id: str = submit(sandbox, entity_type).json()["id"]
    return entity_id


def poll(sandbox: SandboxServer, entity_id: str, entity_type: str = "campaign") -> requests.Response:
    """Ask what has become of an entity."""
    return requests.get(f"{sandbox.url}/v1/{entity_type}/{entity_id}/status", timeout=WAITS_S)


def raw_submit(sandbox: SandboxServer, body: bytes = b"{}") -> socket.socket:
    """A connection on which an entity has been sent, and no answer read."""
    address = urlsplit(sandbox.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=10)
    connection.sendall(
        b"POST /v1/campaign HTTP/1.1\r\nHost: dsp\r\nIdempotency-Key: one\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    return connection
