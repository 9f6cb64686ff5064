"""What a worker sends to Redis, command by command: counted, and broken off at a chosen one."""

import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

from redis import ConnectionError as RedisConnectionError
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.connection import UnixDomainSocketConnection
from redis.retry import Retry

BREAKS = ("kill", "cut")
MOMENTS = ("before", "after")
CHANGES_NOTHING = (b"HELLO", b"AUTH", b"CLIENT", b"SELECT", b"PING")
"""They only begin or keep a connection, and do not count."""
COUNTS_FROM = b"rq:queue:"
"""What comes before the first look into a queue does not count, either."""


class Wire:
    """At the n-th command (from 1) the process is killed, or that connection is cut: `before` Redis gets it,
    or `after` Redis has done it, but before it answers. A transaction counts as one command, as it happens
    whole or not at all; those of a pipeline count each.
    """

    def __init__(self, url: str, database: int, break_at: int, what: str, moment: str) -> None:
        self.is_broken = False
        self._counts = False
        self._sent = 0
        self._break_at = break_at
        self._break = {"kill": _kill, "cut": _cut}[what]
        self._moment = moment
        self.undisturbed = Redis.from_url(url, db=database)
        options = {"db": database, "path": url.removeprefix("unix://"), "retry": Retry(NoBackoff(), 1)}
        self.client = Redis(connection_pool=ConnectionPool(self._connection_class(), **options))

    def _connection_class(wire) -> type[UnixDomainSocketConnection]:  # noqa: N805 - `self` is below
        class BreakingConnection(UnixDomainSocketConnection):
            def send_packed_command(self, command: Any, check_health: bool = True) -> None:
                if not self._sock:
                    self.connect_check_health(check_health=False)
                for name, one in commands(b"".join(command)):
                    wire._count(name, one)
                    is_time = wire._sent == wire._break_at and not wire.is_broken
                    wire._break_if(is_time and wire._moment == "before", self)
                    super().send_packed_command([one], check_health)
                    wire._break_if(is_time and wire._moment == "after", self)

        return BreakingConnection

    def _count(self, name: bytes, command: bytes) -> None:
        self._counts = self._counts or COUNTS_FROM in command
        self._sent += self._counts and name not in CHANGES_NOTHING

    def _break_if(self, is_time: bool, connection: UnixDomainSocketConnection) -> None:
        if is_time:
            self.is_broken = True
            self._break(connection)


def commands(packed: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The names and bytes of the commands in what redis-py sends at once. A transaction is one."""
    begins = at = 0
    is_transaction = False
    while at < len(packed):
        at, name = _end_and_name(packed, at)
        is_transaction = name == b"MULTI" or (is_transaction and name != b"EXEC")
        if not is_transaction:
            yield name, packed[begins:at]
            begins = at


def _end_and_name(packed: bytes, at: int) -> tuple[int, bytes]:
    """Where the command at `at` ends, and its first word. https://redis.io/docs/latest/develop/reference/protocol-spec/"""
    count, at = _number(packed, at)
    words = []
    for _ in range(count):
        length, at = _number(packed, at)
        words.append(packed[at : at + length])
        at += length + len(b"\r\n")
    return at, words[0].upper()


def _number(packed: bytes, at: int) -> tuple[int, int]:
    end = packed.index(b"\r\n", at)
    return int(packed[at + 1 : end]), end + len(b"\r\n")


def _kill(_connection: UnixDomainSocketConnection) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _cut(connection: UnixDomainSocketConnection) -> None:
    """Hang up one way, and listen until Redis has done what it got and hangs up, too."""
    connection._sock.shutdown(socket.SHUT_WR)
    for _answer in iter(lambda: connection._sock.recv(65536), b""):
        pass
    connection.disconnect()
    raise RedisConnectionError("cut")
