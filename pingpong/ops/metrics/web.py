"""What web processes measure of themselves: all those of one gunicorn together, whichever of them is asked.

Each writes its own file, which survives it: see pingpong/metrics/folder.py.
"""

import socket
import time
from collections.abc import Iterator
from functools import cache

import prometheus_client
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from pingpong.metrics import folder
from pingpong.metrics.counters import SHORT
from pingpong.metrics.metric import OTHER, Counter, Gauge, Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
"""The route of an address that there is not: any number of them is one series."""

REQUESTS = Counter(
    "pingpong_http_requests_total", "Requests by route and status.", ("method", "route", "status")
)
REQUEST_SECONDS = Histogram(
    "pingpong_http_request_duration_seconds",
    "From a request to the first byte of its answer; a stream goes on after that.",
    ("method", "route"),
    buckets=SHORT,
)
WRITTEN = Counter("pingpong_live_events_written_total", "Updates written to streams and sockets.")
DROPPED = Counter("pingpong_live_clients_dropped_total", "Clients disconnected because they fell behind.")
STREAMS = Gauge("pingpong_live_streams", "Open streams (`/events/`).")
SOCKETS = Gauge("pingpong_live_sockets", "Open WebSockets.")
WEB_PROCESSES = Gauge("pingpong_web_processes", "Web processes that share these numbers.")
DB_CONNECTIONS = Gauge("pingpong_web_db_connections", "Database connections.", ("state",))
DB_CONNECTIONS_MAX = Gauge(
    "pingpong_web_db_connections_max", "Those that there may be (DB_POOL_SIZE and DB_POOL_OVERFLOW)."
)
REDIS_CONNECTIONS = Gauge("pingpong_web_redis_connections", "Redis connections.", ("state",))

DECLARED = (
    *(REQUESTS, REQUEST_SECONDS, WRITTEN, DROPPED, STREAMS, SOCKETS, WEB_PROCESSES),
    *(DB_CONNECTIONS, DB_CONNECTIONS_MAX, REDIS_CONNECTIONS),
)

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
_registry = CollectorRegistry()


@cache
def counter(metric: Counter, *values: str) -> prometheus_client.Counter:
    """A series. Kept: to look it up anew costs as much as to count."""
    made = _counter(metric)
    return made.labels(*values) if values else made


@cache
def histogram(metric: Histogram, *values: str) -> prometheus_client.Histogram:
    """A series."""
    return _histogram(metric).labels(*values)


@cache
def gauge(metric: Gauge, *values: str) -> prometheus_client.Gauge:
    """A series: the sum of those of all processes that live."""
    made = _gauge(metric)
    return made.labels(*values) if values else made


def init_web(app: Flask) -> None:
    """Count every request."""
    app.after_request(_count)


def collect() -> Iterator[Metric]:
    """What all processes of this gunicorn have counted, named by this host."""
    shared = folder.shared()
    source = MultiProcessCollector(CollectorRegistry(), str(shared)) if shared else _registry  # type: ignore[no-untyped-call]
    host = socket.gethostname()
    for family in source.collect():
        family.samples = [
            sample._replace(labels={"host": host, **sample.labels}) for sample in family.samples
        ]
        yield family


def _count(response: Response) -> Response:
    method = request.method if request.method in METHODS else OTHER
    route = request.url_rule.rule if request.url_rule else UNMATCHED
    took_s = time.perf_counter() - g.get("started_at", time.perf_counter())
    counter(REQUESTS, method, route, str(response.status_code)).inc()
    histogram(REQUEST_SECONDS, method, route).observe(took_s)
    return response


@cache
def _counter(metric: Counter) -> prometheus_client.Counter:
    return prometheus_client.Counter(metric.name, metric.help, metric.labels, registry=_registry)


@cache
def _histogram(metric: Histogram) -> prometheus_client.Histogram:
    return prometheus_client.Histogram(
        metric.name, metric.help, metric.labels, registry=_registry, buckets=metric.buckets
    )


@cache
def _gauge(metric: Gauge) -> prometheus_client.Gauge:
    return prometheus_client.Gauge(
        metric.name, metric.help, metric.labels, registry=_registry, multiprocess_mode="livesum"
    )
