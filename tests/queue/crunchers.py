"""Crunchers of one queue that notice everything soon."""

from redis import Redis
from rq import Worker

QUICK = {"processes": 1, "heartbeat_s": 1, "dead_after_s": 3}


def crunchers(redis: Redis) -> list[Worker]:
    return [worker for worker in Worker.all(connection=redis) if worker.queue_names() == ["work"]]
