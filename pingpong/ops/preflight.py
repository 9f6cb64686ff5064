"""What must be there or free before anything starts; each says in one sentence what to do if it is not."""

import errno
import socket

import psycopg
import redis

from pingpong.ops.refusal import CannotStart
from pingpong.redis_client import connect
from pingpong.settings import Settings


def check_port(port: int, setting: str = "PORT") -> None:
    """Raise CannotStart unless the web process can listen on `port`, which this setting names."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn does
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - as gunicorn does
            probe.listen()
        except OSError as error:
            raise CannotStart(_port_refusal(port, setting, error)) from error


def _port_refusal(port: int, setting: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken: stop what listens there, or choose another one with {setting}=<number>."
        )
    return f"Port {port} cannot be opened ({error.strerror}): choose another one with {setting}=<number>."


def check_database(settings: Settings) -> None:
    """Raise CannotStart unless the server of DATABASE_URL lets us in."""
    url = settings.libpq_url
    try:
        psycopg.connect(url, connect_timeout=settings.db_connect_timeout_s).close()
    except psycopg.Error as error:
        raise CannotStart(
            f"The database of DATABASE_URL cannot be used ({_first_line(error)}): start it or correct the URL"
            "; without DATABASE_URL, an embedded Postgres is used."
        ) from error


def check_redis(settings: Settings) -> None:
    """Raise CannotStart unless the server of REDIS_URL answers."""
    client = connect(settings)
    try:
        client.ping()
    except redis.RedisError as error:
        raise CannotStart(
            f"The Redis of REDIS_URL cannot be used ({_first_line(error)}): start it or correct the URL; "
            "without REDIS_URL, an embedded one is used."
        ) from error
    finally:
        client.close()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
