import json

import redis
from django.conf import settings

_publisher = None


def publisher():
    """One shared, bounded connection pool per process (made lazily, so after fork)."""
    global _publisher
    if _publisher is None:
        pool = redis.BlockingConnectionPool.from_url(settings.REDIS_URL, max_connections=20, timeout=None)
        _publisher = redis.Redis(connection_pool=pool)
    return _publisher


def publish(event):
    publisher().publish(settings.EVENTS_CHANNEL, json.dumps(event))
