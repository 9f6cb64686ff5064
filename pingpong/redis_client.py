"""Redis from a URL: plain, TLS, a Unix socket, or found through Sentinel."""

import ssl
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError  # noqa: A004 - redis' own
from redis.retry import Retry
from redis.sentinel import Sentinel

from pingpong.settings import Settings

DEFAULT_SENTINEL_PORT = 26379


def connect(settings: Settings, **overrides: Any) -> "Redis":  # noqa: ANN401 - redis-py's own options
    """A client for `REDIS_URL`. Connects when it is first used; `overrides` are redis-py's options.

    A connection that Redis closed in the meantime is replaced and the command sent once more.
    """
    options = {**_options(settings), **overrides}
    if "sentinel" in urlsplit(settings.redis_url).scheme:
        return _through_sentinel(settings, options)
    pool_options = {"max_connections": settings.redis_max_connections, "timeout": settings.redis_timeout_s}
    if settings.redis_url.startswith("rediss:") and not settings.redis_tls_verify:
        options["ssl_cert_reqs"] = ssl.CERT_NONE
    if settings.redis_url.startswith("unix:"):
        options.pop("socket_keepalive")
    pool = BlockingConnectionPool.from_url(settings.redis_url, **{**pool_options, **options})
    return Redis(connection_pool=pool)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "socket_connect_timeout": settings.redis_connect_timeout_s,
        "socket_timeout": settings.redis_timeout_s,
        "socket_keepalive": True,
        # Once more after a restart of Redis; not after a time-out, which would only double the wait.
        "retry": Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        "health_check_interval": 30,
    }


def _through_sentinel(settings: Settings, options: dict[str, Any]) -> "Redis":
    """`redis+sentinel://[user:password@]host[:port][,host…]/service[/db]`; `rediss+sentinel` for TLS."""
    url = urlsplit(settings.redis_url)
    credentials, _, hosts = url.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    service, _, database = url.path.strip("/").partition("/")
    if url.scheme.startswith("rediss"):
        options["ssl"] = True
        options["ssl_cert_reqs"] = ssl.CERT_REQUIRED if settings.redis_tls_verify else ssl.CERT_NONE
    timeouts = {key: options[key] for key in ("socket_connect_timeout", "socket_timeout")}
    sentinel: Any = Sentinel([_address(host) for host in hosts.split(",")], sentinel_kwargs=timeouts)  # type: ignore[no-untyped-call]
    master = sentinel.master_for(
        service or "mymaster",
        db=int(database or 0),
        username=unquote(user) or None,
        password=unquote(password) or None,
        **options,
    )
    return cast("Redis", master)


def _address(host: str) -> tuple[str, int]:
    name, _, port = host.partition(":")
    return name, int(port or DEFAULT_SENTINEL_PORT)
