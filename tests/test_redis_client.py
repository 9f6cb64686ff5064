"""Redis from its URL."""

import ssl

import pytest
from redis.sentinel import SentinelConnectionPool

from pingpong.redis_client import connect
from pingpong.settings import SettingsError, load_settings


def options(url: str, **settings: object) -> dict:
    return connect(load_settings(redis_url=url, **settings)).connection_pool.connection_kwargs


def test_a_plain_url():
    assert (
        options("redis://:secret@example.org:6380/3").items()
        >= {
            "host": "example.org",
            "port": 6380,
            "db": 3,
            "password": "secret",
        }.items()
    )


def test_a_unix_socket():
    assert options("unix:///run/redis.sock?db=2").items() >= {"path": "/run/redis.sock", "db": 2}.items()


def test_tls_is_verified_unless_told_otherwise():
    assert options("rediss://example.org").get("ssl_cert_reqs") != ssl.CERT_NONE
    assert options("rediss://example.org", redis_tls_verify=False)["ssl_cert_reqs"] == ssl.CERT_NONE


def test_sentinel_finds_the_master():
    client = connect(load_settings(redis_url="redis+sentinel://user:p%40ss@one,two:26380/mymaster/4"))

    pool = client.connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    assert pool.service_name == "mymaster"
    assert pool.connection_kwargs.items() >= {"db": 4, "username": "user", "password": "p@ss"}.items()
    addresses = [
        (s.connection_pool.connection_kwargs["host"], s.connection_pool.connection_kwargs["port"])
        for s in pool.sentinel_manager.sentinels
    ]
    assert addresses == [("one", 26379), ("two", 26380)]


@pytest.mark.parametrize("url", ["http://example.org", "example.org:6379", ""])
def test_another_scheme_is_refused(url):
    with pytest.raises(SettingsError, match="REDIS_URL"):
        load_settings(redis_url=url)


def test_a_redis_that_is_away_is_noticed_soon():
    values = options("redis://example.org")

    assert values["socket_connect_timeout"] == 0.5
    assert values["socket_timeout"] == 2
