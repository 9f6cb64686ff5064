"""What the texts of the environment mean, and which are refused. Each raises ValueError for a bad one."""

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_settings import NoDecode

RATE_LIMIT = re.compile(r"[1-9]\d* ?(/|per) ?(second|minute|hour|day)")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d+)?|https?://\[[0-9a-f:]+\](:\d+)?")
DEFAULT_PORT = re.compile(r"http://.*:80|https://.*:443")
"""Which browsers leave out, so that such an origin would never be met."""
MOST_ENTITIES, MOST_DEPENDENCIES = 100_000, 1_000
TOKEN = re.compile(r"[!-~]*")
ENTITY_TYPE = re.compile(r"[a-z][a-z0-9_]{0,49}")
DSN = re.compile(r"https?://\w+(:\w+)?@[^/@\s]+(/[^/\s]+)*/\d+")
HEADERS = re.compile(r"[\w.-]+=[^,\r\n]*(, *[\w.-]+=[^,\r\n]*)*", re.ASCII)
REDIS_SCHEMES = {"redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel"}


def _sqlalchemy_url(url: str) -> str:
    """Name the driver: platforms hand out `postgres://`, SQLAlchemy wants `postgresql+psycopg://`."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise ValueError("must be a postgres:// or postgresql:// URL")
    return f"postgresql+psycopg://{rest}"


def _redis_url(url: str) -> str:
    """Refuse what redis-py does not know."""
    if urlsplit(url).scheme not in REDIS_SCHEMES:
        raise ValueError(f"must be a URL with one of the schemes {', '.join(sorted(REDIS_SCHEMES))}")
    return url


def _names(value: object) -> object:
    """`one, two` as a list: what else would be JSON."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


def _rate_limit(text: str) -> str:
    """Refuse what the limits cannot read."""
    if not RATE_LIMIT.fullmatch(text):
        raise ValueError("must be a number per second, minute, hour or day, such as 100/minute")
    return text


def _base_url(url: str) -> str:
    """Without a slash at the end. Empty is none."""
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("must be an http:// or https:// URL")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must have neither credentials nor a query: the token has a setting of its own")
    return url.rstrip("/")


def _token(text: str) -> str:
    """Without the blanks that come with pasting; what cannot stand in a header is refused."""
    text = text.strip()
    if not TOKEN.fullmatch(text):
        raise ValueError("must be printable ASCII without spaces")
    return text


def _entity_types(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what cannot stand in a path."""
    for name in names:
        if not ENTITY_TYPE.fullmatch(name):
            raise ValueError(
                f"{name} must be lower-case letters, digits and underscores: it stands in a path"
            )
    return names


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what no browser would ever send."""
    for origin in origins:
        if origin != "null" and (not ORIGIN.fullmatch(origin) or DEFAULT_PORT.fullmatch(origin)):
            raise ValueError(f"{origin} is no origin: it must be like https://app.example.com:8443")
    return origins


def _clickhouse_url(url: str) -> str:
    """Refuse what is neither a server nor a folder. Empty is none."""
    parts = urlsplit(url)
    is_server = parts.scheme in {"clickhouse", "clickhouses"} and parts.hostname and _has_port(parts)
    is_folder = parts.scheme == "chdb" and not parts.hostname and parts.path.strip("/")
    if url and not (is_server or is_folder):
        raise ValueError(
            "must be clickhouse://user:password@host:8123/database, with what is special in the password "
            "percent-encoded, or chdb:///folder"
        )
    return url


def _has_port(parts: SplitResult) -> bool:
    """Whether what stands for a port is one, or none: after a slash in a password it is a part of that."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _dsn(text: str) -> str:
    """Refuse what Sentry would not take. Empty is none; a token is not a DSN."""
    if text and not DSN.fullmatch(text):
        raise ValueError("must be like https://key@sentry.example.com/42")
    return text


def _headers(text: str) -> str:
    """Refuse what is no list of headers; the values are percent-encoded (W3C Baggage, as OTLP wants it)."""
    if text and not HEADERS.fullmatch(text):
        raise ValueError("must be name=value, with commas between")
    return text


def _another_port(port: int, others: ValidationInfo) -> int:
    """Refuse that of everything else: nobody can listen twice."""
    if port and port == others.data.get("port"):
        raise ValueError("must be another one than PORT")
    return port


RateLimit = Annotated[str, AfterValidator(_rate_limit)]
DatabaseUrl = Annotated[str, AfterValidator(_sqlalchemy_url)]
RedisUrl = Annotated[str, AfterValidator(_redis_url)]
ClickHouseUrl = Annotated[str, AfterValidator(_clickhouse_url)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Token = Annotated[str, AfterValidator(_token)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
EntityTypes = Annotated[Names, AfterValidator(_entity_types)]
Origins = Annotated[Names, AfterValidator(_origins)]
Dsn = Annotated[str, AfterValidator(_dsn)]
Headers = Annotated[str, AfterValidator(_headers)]
Part = Annotated[float, Field(ge=0, le=1)]
OwnPort = Annotated[int, Field(ge=0, le=65535), AfterValidator(_another_port)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
