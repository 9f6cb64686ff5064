"""Where a request comes from, as far as limits are concerned."""

import ipaddress

from flask import request

IPV6_SITE = 64
"""Bits. Whoever has one IPv6 address has as many as they like of the same network."""


def client_network() -> str:
    """The client's address, or of IPv6 its network; behind proxies as TRUSTED_PROXIES says."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "address:unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return f"address:{address.ipv4_mapped}"
        return f"network:{ipaddress.ip_network((address, IPV6_SITE), strict=False)}"
    return f"address:{address}"
