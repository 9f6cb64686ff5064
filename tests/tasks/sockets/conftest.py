"""A real web process, and sockets to it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from pingpong.live.publish import Bus, publish
from pingpong.live.update import Update
from pingpong.settings import load_settings
from tests.api_client import ApiClient
from tests.socket_peer import Peer, opening
from tests.stack import Stack

SETTINGS = {
    "SOCKET_PING_EVERY_S": "3",
    "SOCKET_CHECK_EVERY_S": "1",
    "SOCKET_MAX_PER_PERSON": "4",
    "SOCKET_MAX_MESSAGE_BYTES": "1000",
    "SOCKET_MESSAGES_AT_ONCE": "5",
    "LIVE_CLIENT_BUFFER": "100",
    "CORS_ORIGINS": "http://friend.example:3000,null",
    "PING_DELAY_S": "0",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), **SETTINGS) as running:
        yield running


@pytest.fixture
def ada(stack) -> ApiClient:
    return ApiClient(stack.url)


@pytest.fixture
def connect(stack) -> Iterator[Callable[..., Peer]]:
    """Open a socket; all are closed at the end of the test."""
    with opening(f"ws://127.0.0.1:{stack.port}/ws/notifications/") as open_one:

        def open_established(token: str | None = None, *, established: bool = True, **options: Any) -> Peer:
            peer = open_one(token, **options)
            if established:
                assert peer.hear()["type"] == "connection_established"
            return peer

        yield open_established


@pytest.fixture
def tell(stack) -> Iterator[Callable[..., None]]:
    """Publish made-up news of somebody's task."""
    with Redis.from_url(stack.redis_url) as redis:
        bus = Bus.of(load_settings(redis_url=stack.redis_url), redis)

        def publish_it(person_id: str, *numbers: int, size: int = 0) -> None:
            news = {"id": "1", "kind": "made_up", "status": "failed"}
            told = [json.dumps({**news, "error": f"{number} {'x' * size}"}) for number in numbers]
            publish(redis, bus, [Update(f"user:{person_id}", "task", data) for data in told])

        yield publish_it
