"""What work leaves in Redis, made comparable: what differs from run to run is replaced by what it is."""

import base64
import re
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis import Redis

ALIKE_S = 20
"""Times to live are compared in steps of so many seconds, as a worker may take some of them."""
FOR_EVER = -1
VARYING = {"pid": "<pid>", "ip_address": "<address>", "total_working_time": "<seconds>"}
PATTERNS = {
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z": "<time>",
    r"\b1\d{9}(\.\d+)?\b": "<time>",
    r"\b[0-9a-f]{32}\d*\b": "<id>",
}


GONE = "none"
"""What Redis calls the type of no key."""


@dataclass(frozen=True)
class Trace:
    """A key: its type, how long it lives, and what it holds."""

    type: str
    lives_s: int
    content: Any


def traces(redis: Redis) -> dict[str, Trace]:
    found = {_text(key): _trace(redis, key) for key in redis.scan_iter()}
    return {key: trace for key, trace in found.items() if trace}


def _trace(redis: Redis, key: bytes) -> Trace | None:
    kind = redis.type(key).decode()
    if kind == GONE:
        return None  # it has expired since it was found
    ttl_s = redis.ttl(key)
    return Trace(kind, FOR_EVER if ttl_s == FOR_EVER else _roughly(ttl_s), READERS[kind](redis, key))


def _hash(redis: Redis, key: bytes) -> dict[str, str]:
    return _fields(redis.hgetall(key))


def _sorted_set(redis: Redis, key: bytes) -> list[tuple[str, int | float]]:
    members = redis.zrange(key, 0, -1, withscores=True)
    return sorted((_text(member), _from_now(score)) for member, score in members)


def _stream(redis: Redis, key: bytes) -> list[dict[str, str]]:
    return [_fields(entry) for _id, entry in redis.xrange(key)]


READERS: dict[str, Callable[[Redis, bytes], Any]] = {
    "string": lambda redis, key: _text(redis.get(key)),
    "list": lambda redis, key: [_text(value) for value in redis.lrange(key, 0, -1)],
    "set": lambda redis, key: {_text(value) for value in redis.smembers(key)},
    "hash": _hash,
    "zset": _sorted_set,
    "stream": _stream,
}


def _fields(raw: dict[bytes, bytes]) -> dict[str, str]:
    fields = {name.decode(): _text(value) for name, value in raw.items()}
    if "exc_string" in fields:  # RQ packs it; the frames of its own code are its own affair
        text = zlib.decompress(base64.b64decode(raw[b"exc_string"])).decode()
        fields["exc_string"] = text.strip().splitlines()[-1]
    return fields | {name: what for name, what in VARYING.items() if name in fields}


def _text(value: bytes) -> str:
    text = value.decode(errors="backslashreplace")
    for pattern, what in PATTERNS.items():
        text = re.sub(pattern, what, text)
    return text


def _from_now(score: float) -> int | float:
    return _roughly(score - time.time()) if 0 < score < float("inf") else score


def _roughly(seconds: float) -> int:
    return round(seconds / ALIKE_S) * ALIKE_S
