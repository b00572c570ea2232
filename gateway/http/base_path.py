"""The prefix below which a reverse proxy serves the gateway: taken off requests, and put before what browsers keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage
from yarl import URL

from contract.settings import SettingsError
from gateway.http.endpoint import Endpoint
from gateway.http.forwarded import told
from gateway.session.settings import is_prefix
from gateway.settings import GatewaySettings

FORWARDED_PREFIX: Final = "X-Forwarded-Prefix"
#: Moved for good, with the method kept.
PERMANENT: Final = 308


def base_path(request: web.BaseRequest, settings: GatewaySettings) -> str:
    """Return the prefix that the caller's browser sees, "" or such as `/mesh`: a trusted proxy's, else the setting."""
    prefix = told(request, settings, FORWARDED_PREFIX).rstrip("/")
    return prefix if prefix and is_prefix(prefix) else settings.base_path


def check_base_path(settings: GatewaySettings, endpoints: Sequence[Endpoint]) -> None:
    """Raises `SettingsError` if the prefix is the beginning of one of our own paths: requests would be ambiguous."""
    first = settings.base_path.split("/")[1] if settings.base_path else None
    taken = {endpoint.path.split("/")[1] for endpoint in endpoints}
    if first is not None and first in taken:
        raise SettingsError(f"SONICMESH_BASE_PATH={settings.base_path}: /{first} is a path of the mesh; choose another")


def below(make_request: Any, prefix: str) -> Any:
    """Wrap a server's request factory so that it takes `prefix` off the addresses that begin with it.

    Requests without the prefix are served as well: of the plugin, and of proxies that take it off themselves.
    """

    def make(message: RawRequestMessage, *args: Any) -> web.BaseRequest:
        path = message.path
        if path.startswith(f"{prefix}/") and not path.startswith(f"{prefix}//"):
            rest = path[len(prefix) :]
            message = message._replace(path=rest, url=URL(rest, encoded=True))
        request: web.BaseRequest = make_request(message, *args)
        return request

    return make


async def to_the_page(request: web.Request) -> web.StreamResponse:
    """Send a browser from `/mesh` to `/mesh/`, below which relative addresses lead to the right place."""
    last = request.path.rpartition("/")[2]
    query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    return web.Response(status=PERMANENT, headers={"Location": f"{last}/{query}"})
