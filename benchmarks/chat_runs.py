"""A crowd at its sockets: how its messages get on at a rate, and what the sockets take in memory."""

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median

import psutil

from benchmarks.chat_client import ChatSocket, Message, open_sockets
from benchmarks.chat_tally import Room, Tally
from benchmarks.journey_runs import percentile
from benchmarks.machine import Meter, anonymous_mb, wait_until_idle
from benchmarks.report import say
from benchmarks.systems import System

WARM_UP = (10, 3)
"""Messages a second, and seconds, of the first room alone, before anything is measured."""
LONGEST_WAIT_S = 30
SETTLES_WITHIN_S = 0.5
"""What comes twice may come late."""
SEED = 5
"""Who speaks when is the same for all systems."""


@dataclass(frozen=True)
class ChatRun:
    """What one rate on one system came to."""

    p50_ms: float
    p99_ms: float
    most_ms: float
    cpu_ms: float
    """Processor time per message, of the web process with Postgres and Redis."""
    lost: int
    """Deliveries, as the next two: a message to ten people is ten of them."""
    doubled: int
    disordered: int


@dataclass(frozen=True)
class Visit:
    """What one system came to, from its start to its end."""

    runs: Mapping[float, ChatRun]
    """By messages a second."""
    rest_mb: float
    """What the web process took before the sockets opened, as the next without the pages of files."""
    kb_per_socket: float
    """What each socket added to that, open and having carried all these messages."""


async def visit(
    system: System, paths: Sequence[Sequence[str]], rates: Iterable[float], seconds: float
) -> Visit:
    """Open all sockets, let them talk at each rate for so long, and look at the memory before and after."""
    await _warm_up(system, paths[:1])
    rest_mb = await _web_mb(system)
    crowd = Crowd(system)
    await crowd.gather(paths)
    runs = {rate: await _talk_when_idle(crowd, rate, seconds) for rate in rates}
    more_mb = await _web_mb(system) - rest_mb
    crowd.leave()
    return Visit(runs, rest_mb, more_mb * 1000 / sum(map(len, paths)))


class Crowd:
    """People at their sockets, in rooms. `paths` are those of each room."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._rooms: list[Room] = []
        self._tally = Tally()

    async def gather(self, paths: Iterable[Sequence[str]]) -> None:
        """Open them all. Raises ConnectionError if one is refused."""
        rooms = list(paths)
        sockets = iter(await open_sockets(self._system.port, chain(*rooms), self._receive))
        self._rooms = [[next(sockets) for _ in room] for room in rooms]

    async def talk(self, rate: float, seconds: float) -> ChatRun:
        """Somebody says something so many times a second, evenly; everybody in the room should hear it."""
        count = int(rate * seconds)
        tally, meter = Tally(), Meter(self._family)
        self._tally = tally
        await self._speak(tally, rate, count)
        await _all_heard(tally)
        cpu_s = meter.seconds()
        await asyncio.sleep(SETTLES_WITHIN_S)
        return _run(tally, cpu_s / count)

    def leave(self) -> None:
        """Close them all. Tells of those that had been closed before: what they should have heard is lost."""
        sockets = list(chain(*self._rooms))
        for why, count in Counter(socket.ended for socket in sockets if socket.ended).items():
            say(f"{self._system.name}: {count} sockets {why}")
        for socket in sockets:
            socket.close()

    async def _speak(self, tally: Tally, rate: float, count: int) -> None:
        dice, started_at = random.Random(SEED), time.monotonic()  # noqa: S311 - nobody should be surprised
        for number in range(count):
            await asyncio.sleep(started_at + number / rate - time.monotonic())
            room = dice.choice(self._rooms)
            tally.send(dice.choice(room), room)

    def _receive(self, socket: ChatSocket, message: Message, now: float) -> None:
        """What is neither a message nor an error is of no matter here."""
        if message["type"] == "message":
            self._tally.hear(socket, message, now)
        elif message["type"] == "error":
            say(f"{self._system.name}: {message}")

    def _family(self) -> list[psutil.Process]:
        return [*self._system.processes.family("web"), *self._system.servers.family()]


def typical(runs: Sequence[ChatRun]) -> ChatRun:
    """The medians; of what must not happen every case."""
    return ChatRun(
        p50_ms=median(run.p50_ms for run in runs),
        p99_ms=median(run.p99_ms for run in runs),
        most_ms=median(run.most_ms for run in runs),
        cpu_ms=median(run.cpu_ms for run in runs),
        lost=sum(run.lost for run in runs),
        doubled=sum(run.doubled for run in runs),
        disordered=sum(run.disordered for run in runs),
    )


async def _warm_up(system: System, paths: Sequence[Sequence[str]]) -> None:
    crowd = Crowd(system)
    await crowd.gather(paths)
    await crowd.talk(*WARM_UP)
    crowd.leave()


async def _web_mb(system: System) -> float:
    await asyncio.to_thread(wait_until_idle)
    return anonymous_mb(system.processes.family("web"))


async def _talk_when_idle(crowd: Crowd, rate: float, seconds: float) -> ChatRun:
    await asyncio.to_thread(wait_until_idle)
    return await crowd.talk(rate, seconds)


async def _all_heard(tally: Tally) -> None:
    give_up_at = time.monotonic() + LONGEST_WAIT_S
    while tally.lost and time.monotonic() < give_up_at:
        await asyncio.sleep(0.05)


def _run(tally: Tally, cpu_s: float) -> ChatRun:
    return ChatRun(
        p50_ms=percentile(tally.delivery_s, 0.5) * 1000,
        p99_ms=percentile(tally.delivery_s, 0.99) * 1000,
        most_ms=max(tally.delivery_s, default=math.nan) * 1000,
        cpu_ms=cpu_s * 1000,
        lost=tally.lost,
        doubled=tally.doubled,
        disordered=tally.disordered,
    )
