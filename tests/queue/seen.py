"""What jobs told, and letting them go."""

from redis import Redis

from tests.queue.jobs import GO, SEEN
from tests.waiting import wait_until


def seen(redis: Redis) -> list[str]:
    return [told.decode() for told in redis.lrange(SEEN, 0, -1)]


def wait_for(redis: Redis, *told: str) -> None:
    """Until jobs have told all of this, in whatever order."""
    wait_until(lambda: set(told) <= set(seen(redis)), 60, what=f"jobs to tell {told}")


def let_go(redis: Redis) -> None:
    redis.set(GO, 1)
