"""Forwarding headers of reverse proxies: client address, host and scheme. Only SONICMESH_PROXY_TRUSTED is believed."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from aiohttp import web

from gateway.settings import GatewaySettings

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

FORWARDED_FOR: Final = "X-Forwarded-For"
FORWARDED_HOST: Final = "X-Forwarded-Host"
FORWARDED_PROTO: Final = "X-Forwarded-Proto"
#: Bits of an IPv6 address that identify a customer: each has at least a /64.
SITE_BITS: Final = 64


def client_address(request: web.BaseRequest, settings: GatewaySettings) -> str:
    """Return the person's address: the peer's or, behind trusted proxies, the right-most that is not a proxy's."""
    peer = request.remote or ""
    networks = settings.proxy_trusted
    if not networks or not is_trusted(peer, networks):
        return peer
    client = peer
    listed = ",".join(request.headers.getall(FORWARDED_FOR, ())).split(",")
    for hop in reversed(listed):
        address = _without_port(hop.strip())
        if _parsed(address) is None:
            break  # no known proxy wrote anything further left
        client = address
        if not is_trusted(address, networks):
            break
    return client


def is_proxied(request: web.BaseRequest, settings: GatewaySettings) -> bool:
    """Return whether a trusted proxy sent the request."""
    return bool(settings.proxy_trusted) and is_trusted(request.remote or "", settings.proxy_trusted)


def told(request: web.BaseRequest, settings: GatewaySettings, header: str) -> str:
    """Return the last value of a forwarding header, which the nearest proxy wrote; "" if no proxy is trusted."""
    if not is_proxied(request, settings):
        return ""
    values = ",".join(request.headers.getall(header, ())).split(",")
    return values[-1].strip()


@lru_cache(maxsize=4096)
def is_trusted(address: str, networks: Networks) -> bool:
    """Return whether `address` is a trusted proxy's."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


@lru_cache(maxsize=4096)
def limit_key(address: str) -> str:
    """Return the key for limits: an IPv4 address, or the /64 of an IPv6 address, which one customer owns."""
    parsed = _parsed(address)
    if parsed is None or isinstance(parsed, IPv4Address) or parsed.is_loopback:
        return str(parsed or address)
    return str(ip_network((parsed.packed[: SITE_BITS // 8] + bytes(8), SITE_BITS)))


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def _without_port(hop: str) -> str:
    """Remove the port: some proxies write `1.2.3.4:80` and `[::1]:80`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
