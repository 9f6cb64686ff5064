"""The heartbeat: scheduled every three seconds, done by a worker, seen by every browser.

It shows that scheduler, Redis, worker and stream all work; `/readyz` asks how old the last one is.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis

from pingpong import clock
from pingpong.extensions import redis, settings
from pingpong.live.extension import bus
from pingpong.live.publish import publish_passing
from pingpong.live.topics import HEARTBEAT
from pingpong.live.update import Update
from pingpong.metrics.counters import HEARTBEAT_LATENESS

LAST_BEAT_KEY = "pingpong:last_beat"
LAST_BEAT_TTL_S = 3600


@dataclass(frozen=True)
class Beat:
    """The newest beat: its number and its age in seconds, by Redis' clock."""

    number: int
    age_s: float


def beat(slot: float) -> None:
    """Tell that the beat of this slot (seconds since the epoch) has come."""
    number = int(slot // settings.heartbeat_every_s)
    at = clock.iso(datetime.fromtimestamp(slot, UTC))
    data = json.dumps({"message": "heartbeat successful", "beat": number, "at": at})
    with redis.pipeline(transaction=False) as pipeline:
        publish_passing(pipeline, bus, [Update(HEARTBEAT, "heartbeat", data)])
        pipeline.set(LAST_BEAT_KEY, f"{number} {slot}", ex=LAST_BEAT_TTL_S)
        pipeline.time()
        seconds, microseconds = pipeline.execute()[-1]
    HEARTBEAT_LATENESS.observe(seconds + microseconds / 1e6 - slot)


def last_beat(connection: Redis) -> Beat | None:
    """The newest beat that Redis remembers."""
    with connection.pipeline(transaction=False) as pipeline:
        pipeline.get(LAST_BEAT_KEY)
        pipeline.time()
        kept, (seconds, microseconds) = pipeline.execute()
    if kept is None:
        return None
    number, slot = kept.decode().split()
    return Beat(int(number), seconds + microseconds / 1e6 - float(slot))
