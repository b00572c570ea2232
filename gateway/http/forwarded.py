"""What a reverse proxy tells of a request: whose it is, for which name. Only SONICMESH_PROXY_TRUSTED is believed."""

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
#: Bits of an IPv6 address that tell one customer from another: each has at least a /64.
SITE_BITS: Final = 64


def client_address(request: web.BaseRequest, settings: GatewaySettings) -> str:
    """The person's address: of the peer, or, behind trusted proxies, the right-most one that is none of theirs."""
    peer = request.remote or ""
    networks = settings.proxy_trusted
    if not networks or not is_trusted(peer, networks):
        return peer
    found = peer
    listed = ",".join(request.headers.getall(FORWARDED_FOR, ())).split(",")
    for hop in reversed(listed):
        address = _without_port(hop.strip())
        if _parsed(address) is None:
            break  # whatever stands further left was not written by a proxy that we know
        found = address
        if not is_trusted(address, networks):
            break
    return found


def is_proxied(request: web.BaseRequest, settings: GatewaySettings) -> bool:
    """Whether a trusted proxy sent it."""
    return bool(settings.proxy_trusted) and is_trusted(request.remote or "", settings.proxy_trusted)


def told(request: web.BaseRequest, settings: GatewaySettings, header: str) -> str:
    """The last value of a forwarding header, which the nearest proxy wrote; empty where none is believed."""
    if not is_proxied(request, settings):
        return ""
    values = ",".join(request.headers.getall(header, ())).split(",")
    return values[-1].strip()


@lru_cache(maxsize=4096)
def is_trusted(address: str, networks: Networks) -> bool:
    """Whether it is the address of a trusted proxy."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


@lru_cache(maxsize=4096)
def limit_key(address: str) -> str:
    """What limits count by: an IPv4 address, or the /64 of an IPv6 address, of which one customer has all."""
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
    """`1.2.3.4:80` and `[::1]:80` are written by some."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
