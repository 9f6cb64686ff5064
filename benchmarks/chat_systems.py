"""The chats that are measured beside each other: ours, and the same on Django Channels."""

# ruff: noqa: S603 - the commands are our own

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks.machine import CLONE, PEERS, own_python, peers_python
from benchmarks.systems import (
    READY_WITHIN_S,
    System,
    answers,
    environment_of,
    for_django,
    pingpong,
    run_once,
    running,
)
from tests.waiting import wait_until

DJANGO = PEERS / "django_channels"
NO_DELAY_S = 0

Command = Sequence[str | Path]
Paths = list[list[str]]
"""Of the sockets of each conversation's members."""
Start = Callable[[int, int], AbstractContextManager[tuple[System, Paths]]]
"""Given the number of conversations and that of the members of each."""


@contextmanager
def ours(rooms: int, members: int) -> Iterator[tuple[System, Paths]]:
    """Ours, as the Procfile starts it, with its limits as they come."""
    with pingpong(NO_DELAY_S) as system:
        seed: Command = [own_python(), "-m", "benchmarks.chat_seed", str(rooms), str(members)]
        yield system, _seeded(seed, CLONE, environment_of(system))


@contextmanager
def channels(rooms: int, members: int) -> Iterator[tuple[System, Paths]]:
    """The peer: one uvicorn on uvloop. Of its WebSocket protocols, this one takes the least memory."""
    python = peers_python()
    with running("Channels") as system:
        environment = {
            "DATABASE_URL": for_django(system.servers.database_url),
            "REDIS_URL": system.servers.redis.url,
            "DJANGO_SETTINGS_MODULE": "app.settings",
        }
        run_once(system, "migrate", [python, "manage.py", "migrate", "-v", "0"], DJANGO, environment)
        seed: Command = [python, "manage.py", "seed", str(rooms), str(members)]
        paths = _seeded(seed, DJANGO, environment)
        web = ["-m", "uvicorn", "app.asgi:application", "--port", str(system.port), "--backlog", "2048"]
        web += ["--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"]
        web += ["--ws-per-message-deflate", "false", "--no-access-log", "--log-level", "warning"]
        system.processes.start("web", [python, *web], DJANGO, **environment)
        wait_until(lambda: answers(system.port, "/healthz"), READY_WITHIN_S, what=system.name)
        yield system, paths


def _seeded(command: Command, cwd: Path, environment: Mapping[str, str]) -> Paths:
    """What the command prints, when it has filled the system's database."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True
    )
    paths: Paths = json.loads(done.stdout)
    return paths
