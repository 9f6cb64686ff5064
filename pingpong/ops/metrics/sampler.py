"""How this web process stands, noted every second for whichever process is asked."""

from flask import Flask
from sqlalchemy import QueuePool

from pingpong.extensions import db
from pingpong.metrics.metric import Counter
from pingpong.ops.metrics.web import (
    DB_CONNECTIONS,
    DB_CONNECTIONS_MAX,
    DROPPED,
    REDIS_CONNECTIONS,
    SOCKETS,
    STREAMS,
    WEB_PROCESSES,
    WRITTEN,
    counter,
    gauge,
)


class Sampler:
    """Looks at the parts of one app."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._counted: dict[Counter, int] = {}

    def run_once(self) -> None:
        """Note how they stand now. It asks nobody, and does not wait."""
        gauge(WEB_PROCESSES).set(1)
        self._note_live()
        self._note_database()
        self._note_redis()

    def _note_live(self) -> None:
        hub, sockets = self._app.extensions["hub"], len(self._app.extensions["attendance"])
        gauge(STREAMS).set(max(0, len(hub) - sockets))
        gauge(SOCKETS).set(sockets)
        self._count(WRITTEN, hub.written)
        self._count(DROPPED, hub.dropped)

    def _note_database(self) -> None:
        with self._app.app_context():
            pool = db.engine.pool
        if isinstance(pool, QueuePool):
            settings = self._app.extensions["settings"]
            gauge(DB_CONNECTIONS, "in_use").set(pool.checkedout())
            gauge(DB_CONNECTIONS, "idle").set(pool.checkedin())
            gauge(DB_CONNECTIONS_MAX).set(settings.db_pool_size + settings.db_pool_overflow)

    def _note_redis(self) -> None:
        for count, about in self._app.extensions["redis"].connection_pool.get_connection_count():
            gauge(REDIS_CONNECTIONS, _state(about)).set(count)

    def _count(self, metric: Counter, until_now: int) -> None:
        """Written by the thousand: they are counted where they are written, and noted here."""
        before = self._counted.get(metric, 0)
        counter(metric).inc(until_now - before if until_now >= before else until_now)
        self._counted[metric] = until_now


def _state(about: dict[str, str]) -> str:
    return "in_use" if "used" in about.values() else "idle"
