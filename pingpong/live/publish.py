"""Publishing: to a capped Redis stream, which gives an update its id and lets a browser catch up, and to the
pub/sub channel, which tells every web process now. One round trip, however many updates.

On the channel, updates travel as lines of `id, topic, event, data` with tabs between. JSON has neither raw
tabs nor raw line ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import cast

from redis import Redis
from redis.client import Pipeline

from pingpong.live.update import Position, Update
from pingpong.settings import Settings

# KEYS[1] the stream. ARGV: the channel, the stream's greatest length, its time to live in seconds, and then
# topic, event and data of each update. Sent whole each time: a script's hash is lost when Redis restarts.
PUBLISH = """
local lines = {}
for i = 4, #ARGV, 3 do
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*',
    'topic', ARGV[i], 'event', ARGV[i + 1], 'data', ARGV[i + 2])
  lines[#lines + 1] = id .. '\\t' .. ARGV[i] .. '\\t' .. ARGV[i + 1] .. '\\t' .. ARGV[i + 2]
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return redis.call('PUBLISH', ARGV[1], table.concat(lines, '\\n'))
"""

Entries = list[tuple[bytes, dict[bytes, bytes]]]


@dataclass(frozen=True)
class Bus:
    """Where news travels in Redis. Pub/sub ignores database numbers, so the channel's name holds it."""

    stream: str
    channel: str
    length: int
    ttl_s: int

    @classmethod
    def of(cls, settings: Settings, redis: Redis) -> "Bus":
        """The bus of the database that this client talks to."""
        database = redis.connection_pool.connection_kwargs.get("db") or 0
        return cls(
            stream="pingpong:live",
            channel=f"pingpong:live:{database}",
            length=settings.live_stream_length,
            ttl_s=settings.live_stream_ttl_s,
        )


def publish(redis: "Redis | Pipeline", bus: Bus, updates: Iterable[Update]) -> None:
    """Tell the news, after the commit that it speaks of. Given a pipeline, it goes with that.

    Raises redis' errors; the caller knows whether the news may be lost.
    """
    fields = chain.from_iterable((update.topic, update.event, update.data) for update in updates)
    redis.eval(PUBLISH, 1, bus.stream, bus.channel, str(bus.length), str(bus.ttl_s), *fields)


def publish_passing(redis: "Redis | Pipeline", bus: Bus, updates: Iterable[Update]) -> None:
    """Tell news of the moment, such as a heartbeat: without an id, and never replayed."""
    lines = (f"\t{update.topic}\t{update.event}\t{update.data}" for update in updates)
    redis.publish(bus.channel, "\n".join(lines))


def decode(message: bytes) -> list[Update]:
    """The updates of one message on the channel."""
    return [_from_line(line) for line in message.decode().split("\n")]


def read_since(redis: Redis, bus: Bus, start: Position, count: int) -> list[Update]:
    """Up to `count` updates from `start` on, which is the first of them if it is still there."""
    return [
        _from_entry(entry) for entry in cast(Entries, redis.xrange(bus.stream, min=str(start), count=count))
    ]


def read_newest(redis: Redis, bus: Bus, count: int) -> list[Update]:
    """The newest `count` updates of the stream, oldest first."""
    newest_first = cast(Entries, redis.xrevrange(bus.stream, count=count))
    return [_from_entry(entry) for entry in reversed(newest_first)]


def _from_entry(entry: tuple[bytes, dict[bytes, bytes]]) -> Update:
    identity, fields = entry
    topic, event, data = (fields[name].decode() for name in (b"topic", b"event", b"data"))
    return Update(topic, event, data, Position.parse(identity.decode()))


def _from_line(line: str) -> Update:
    identity, topic, event, data = line.split("\t", 3)
    return Update(topic, event, data, Position.parse(identity))
