"""Host names that the mesh answers to.

Without a token it answers to no others. Otherwise a page could point its own name at this machine (DNS rebinding), and
the browser, which sees one origin, would let it read and control everything.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from gateway.settings import GatewaySettings, is_loopback_host, split_host

#: Most accepted hosts to remember, so that checking one again costs a single look-up.
REMEMBERED: Final = 1000
DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


class Hosts:
    """Loopback names, the listening address, and the names in `SONICMESH_ALLOWED_HOSTS`."""

    def __init__(self, settings: GatewaySettings) -> None:
        own = split_host(settings.host) or (settings.host, "")
        self._own = own[0]
        self._allowed = {split_host(host) for host in settings.allowed_hosts}
        self._served: set[str] = set()

    def serves(self, host: str) -> bool:
        """Return whether the mesh answers to this `Host`; a name without a port in the setting allows any port."""
        if host in self._served:
            return True
        parts = split_host(host)
        if parts is None or not self._knows(*parts):
            return False
        if len(self._served) < REMEMBERED:
            self._served.add(host)
        return True

    def _knows(self, name: str, port: str) -> bool:
        if name == self._own or name.endswith(".localhost") or is_loopback_host(name):
            return True
        return (name, "") in self._allowed or (name, port) in self._allowed


def is_own_page(origin: str, host: str, scheme: str) -> bool:
    """Return whether `origin` is that of pages served at `host`; `scheme` is empty if unknown."""
    try:
        parts = urlsplit(origin)
        given = split_host(parts.netloc)
    except ValueError:
        return False
    requested = split_host(host)
    if given is None or requested is None or parts.scheme not in DEFAULT_PORTS or (scheme and parts.scheme != scheme):
        return False
    default = DEFAULT_PORTS[parts.scheme]
    return _same_name(given[0], requested[0]) and (given[1] or default) == (requested[1] or default)


def _same_name(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return False
