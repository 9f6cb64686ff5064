"""HTTP to public servers only: the address that was checked is the address that is asked."""

import ipaddress
import socket
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import parse_url

from pingpong.tasks.errors import TaskFailed

PORTS = {"http": 80, "https": 443}
LONGEST_WAIT_S = 5.0
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def get_public(url: str, allowed_hosts: Collection[str], ends_at_s: float) -> requests.Response:
    """Ask a public server, or one of `allowed_hosts` (`host:port`); redirects are not followed.

    Raises TaskFailed for an address that may not be asked; and requests' errors.
    """
    scheme, host, port = _parts(url)
    address = _resolve(host, port, is_allowed=f"{host}:{port}" in allowed_hosts)
    session = requests.Session()
    session.trust_env = False  # a proxy would resolve the name anew
    session.mount(f"{scheme}://", _Pinned(host, address))
    wait_s = max(0.1, min(LONGEST_WAIT_S, ends_at_s - time.monotonic()))
    headers = {"Accept": "text/html", "User-Agent": "pingpong"}
    return session.get(url, timeout=wait_s, stream=True, allow_redirects=False, headers=headers)


class _Pinned(HTTPAdapter):
    """Connects to one address, whatever the name stands for by now, with the name in Host and TLS."""

    def __init__(self, host: str, address: str) -> None:
        self._host = host
        self._address = address
        super().__init__()

    def get_connection_with_tls_context(
        self,
        request: Any,  # noqa: ANN401 - requests' own
        verify: Any,  # noqa: ANN401
        proxies: Any = None,  # noqa: ANN401
        cert: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """A connection to the pinned address; the certificate must be that of the name."""
        host, tls = self.build_connection_pool_key_attributes(request, verify, cert)
        pinned: dict[str, Any] = {**host, "host": self._address}
        if pinned["scheme"] == "https":
            tls = {**tls, "assert_hostname": self._host, "server_hostname": self._host}  # type: ignore[typeddict-unknown-key]
        return self.poolmanager.connection_from_host(**pinned, pool_kwargs=tls)

    def add_headers(self, request: Any, **kwargs: Any) -> None:  # noqa: ANN401 - requests' own
        """Name the server that is meant."""
        request.headers["Host"] = urlsplit(request.url).netloc


def _parts(url: str) -> tuple[str, str, int]:
    """Scheme, host and port, as the library that asks will read them."""
    try:
        parsed = parse_url(url)
    except ValueError:
        raise TaskFailed("This is not the address of a web page.") from None
    scheme, host = parsed.scheme or "", (parsed.host or "").strip("[]")
    if scheme not in PORTS or not host:
        raise TaskFailed("The address must begin with http:// or https:// and name a server.")
    if parsed.auth:
        raise TaskFailed("The address must not hold a password.")
    return scheme, host, parsed.port or PORTS[scheme]


def _resolve(host: str, port: int, *, is_allowed: bool) -> str:
    if port not in PORTS.values() and not is_allowed:
        raise TaskFailed("Only the ports 80 and 443 may be asked.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TaskFailed("There is no server of this name.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not is_allowed and not all(map(_is_public, addresses)):
        raise TaskFailed("This server is not public.")
    return addresses[0]


def _is_public(address: str) -> bool:
    """Whether anybody in the world can reach it; what is wrapped in another address counts, too."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
    return ip.is_global and not ip.is_multicast
