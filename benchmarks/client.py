"""The load: submits over kept-alive connections, and a listener that notes when each answer arrives."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BODY = json.dumps({"message": "hello"}).encode()


@dataclass(frozen=True)
class Beat:
    """A heartbeat: when it came (seconds since the epoch), and its number if the system counts them."""

    at: float
    number: int | None


@dataclass
class Seen:
    """What one stream brought."""

    lateness_s: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)


class Listener:
    """Reads an event stream of either system."""

    def __init__(self, port: int, delay_s: float) -> None:
        self.seen = Seen()
        self.connected = asyncio.Event()
        self._port = port
        self._delay_s = delay_s

    async def run(self) -> None:
        """Listen until cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        writer.write(b"GET /events/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            while line := await reader.readline():
                self.connected.set()
                if line.startswith(b"data: "):
                    self._take(json.loads(line[6:]), time.time())
        finally:
            writer.close()

    def _take(self, data: dict[str, Any], now: float) -> None:
        if "heartbeat" in str(data.get("message")) and "kind" not in data:
            self.seen.beats.append(Beat(now, data.get("beat")))
        elif data.get("status", "done") == "done":
            self.seen.ids.append(str(data["id"]))
            self.seen.lateness_s.append(now - _epoch(data["submitted_at"]) - self._delay_s)


async def submit_at_rate(port: int, rate: float, seconds: float) -> list[str]:
    """Submit so many a second, evenly; the ids that were accepted."""
    async with Pool(port, 64) as pool:
        started_at = time.monotonic()
        tasks = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0, started_at + number / rate - time.monotonic()))
            tasks.append(asyncio.create_task(pool.submit()))
        return list(await asyncio.gather(*tasks))


async def submit_burst(port: int, count: int, connections: int) -> list[str]:
    """Submit so many as fast as it goes."""
    async with Pool(port, connections) as pool:
        return list(await asyncio.gather(*(pool.submit() for _ in range(count))))


class Pool:
    """Kept-alive connections."""

    def __init__(self, port: int, size: int) -> None:
        self._port = port
        self._size = size
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def __aenter__(self) -> "Pool":
        for _ in range(self._size):
            self._free.put_nowait(await asyncio.open_connection("127.0.0.1", self._port))
        return self

    async def __aexit__(self, *_: object) -> None:
        while not self._free.empty():
            self._free.get_nowait()[1].close()

    async def submit(self) -> str:
        """Send a message; the id that it was given."""
        reader, writer = await self._free.get()
        writer.write(
            b"POST /submit/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
        )
        status = await reader.readline()
        length = 0
        while (line := await reader.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        body = await reader.readexactly(length)
        self._free.put_nowait((reader, writer))
        if b" 202 " not in status:
            raise RuntimeError(f"{status!r} {body!r}")
        return str(json.loads(body)["id"])


def _epoch(moment: float | str) -> float:
    return moment if isinstance(moment, float) else datetime.fromisoformat(moment).timestamp()
