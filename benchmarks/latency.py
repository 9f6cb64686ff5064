"""`python -m benchmarks.latency LISTEN_PORT PORT DELAY_MS`: a TCP proxy that delays and does not throttle.

Each direction is delayed by so much. A chunk waits for its own time only, so any number may be on their way.
"""

import asyncio
import selectors
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from statistics import median

from redis import Redis
from redis.exceptions import RedisError

from benchmarks.machine import CLONE, Processes
from benchmarks.servers import RedisServer, url_of
from tests.stack import free_port
from tests.waiting import wait_until

CHUNK = 2**18
PINGS = 100

Held = asyncio.Queue[tuple[float, bytes]]


@contextmanager
def delayed(server: RedisServer, each_way_ms: float) -> Iterator[str]:
    """The URL under which the server is that much further away in each direction."""
    port, proxy = free_port(), Processes(server.processes.home)
    command = [sys.executable, "-m", "benchmarks.latency", str(port), str(server.port), str(each_way_ms)]
    proxy.start("latency", command, CLONE)
    try:
        wait_until(lambda: _answers(url_of(port)), what="the proxy")
        yield url_of(port)
    finally:
        proxy.stop()


def round_trip_ms(url: str) -> float:
    """The median time from a PING to its answer."""
    with Redis.from_url(url) as redis:
        return median(_ping_s(redis) for _ in range(PINGS)) * 1000


def main() -> None:
    """Run the proxy until it is told to stop."""
    listen_port, port, delay_ms = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    # epoll, the default, rounds its timers up to whole milliseconds.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(_serve(listen_port, port, delay_ms / 1000))


async def _serve(listen_port: int, port: int, delay_s: float) -> None:
    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        there = _carry(reader, far_writer, delay_s)
        await asyncio.gather(there, _carry(far_reader, writer, delay_s))

    async with await asyncio.start_server(connect, "127.0.0.1", listen_port) as server:
        await server.serve_forever()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    held: Held = asyncio.Queue()
    releasing = asyncio.create_task(_release(held, writer))
    with suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            held.put_nowait((time.monotonic() + delay_s, data))
    held.put_nowait((time.monotonic() + delay_s, b""))
    await releasing


async def _release(held: Held, writer: asyncio.StreamWriter) -> None:
    due_s, data = await held.get()
    while data:
        await asyncio.sleep(due_s - time.monotonic())
        writer.write(data)
        due_s, data = await held.get()
    writer.close()


def _answers(url: str) -> bool:
    with Redis.from_url(url) as redis:
        try:
            return bool(redis.ping())
        except RedisError:
            return False


def _ping_s(redis: Redis) -> float:
    asked_at = time.perf_counter()
    redis.ping()
    return time.perf_counter() - asked_at


if __name__ == "__main__":
    main()
