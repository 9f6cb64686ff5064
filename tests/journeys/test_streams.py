"""Streams as they are in the world: closed without a word, never read, or too many."""

import json
import socket
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest
from redis import Redis
from rq import Worker

from pingpong.live.publish import Bus, publish
from pingpong.live.update import Update
from pingpong.queue.queues import QUEUES
from tests.events import EventClient
from tests.stack import Stack
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    home = tmp_path_factory.mktemp("streams")
    with Stack(home, LIVE_SEND_TIMEOUT_S="3", LIVE_CLIENT_BUFFER="200") as running:
        yield running


def open_streams(stack: Stack) -> int:
    connection = HTTPConnection("127.0.0.1", stack.port, timeout=20)
    connection.request("GET", "/healthz")
    return json.loads(connection.getresponse().read())["streams"]


def news_channel(redis: Redis) -> str:
    return f"pingpong:live:{redis.connection_pool.connection_kwargs.get('db') or 0}"


def all_listen(redis: Redis) -> bool:
    """Whether the web process hears the news, and the workers of all queues their commands."""
    workers = Worker.all(connection=redis)
    queues = {name for worker in workers for name in worker.queue_names()}
    channels = [news_channel(redis), *(f"rq:pubsub:{worker.name}" for worker in workers)]
    return queues == set(QUEUES) and all(count == 1 for _, count in redis.pubsub_numsub(*channels))


def connect(stack: Stack) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", stack.port))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.sendall(b"GET /events/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client.recv(1)
    return client


def test_streams_that_are_closed_without_a_word_leave_nothing_behind(stack):
    with Redis.from_url(stack.redis_url) as redis:
        wait_until(lambda: all_listen(redis), 30)
        subscriptions = len(redis.client_list(_type="pubsub"))
        clients = [connect(stack) for _ in range(40)]
        wait_until(lambda: open_streams(stack) == 40)

        for client in clients:
            client.close()

        wait_until(lambda: open_streams(stack) == 0, 30)
        wait_until(lambda: len(redis.client_list(_type="pubsub")) == subscriptions, 30)


def test_a_stream_that_is_never_read_is_closed_and_the_others_hear_all(stack):
    count, text = 400, json.dumps({"status": "running", "text": "x" * 20_000})
    with ExitStack() as held, Redis.from_url(stack.redis_url) as redis:
        held.callback(connect(stack).close)
        reader = held.enter_context(EventClient(stack.port))
        bus = Bus("pingpong:live", news_channel(redis), 1000, 60)

        for _ in range(count):
            publish(redis, bus, [Update("task", "task", text)])

        wait_until(lambda: len(reader.tasks("running")) == count, 60)
        wait_until(lambda: open_streams(stack) == 1, 30)
