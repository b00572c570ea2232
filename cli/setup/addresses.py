"""Where Navidrome answers: the configured address, and those that it has in a usual installation."""

from __future__ import annotations

import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from contract.settings import load_settings
from gateway.settings import GatewaySettings

#: Addresses beside the configured one: on this machine, in a compose file, and from a container to its host.
USUAL: Final = ("http://127.0.0.1:4533", "http://navidrome:4533", "http://host.docker.internal:4533")
SECONDS: Final = 2.0
#: Bytes of an answer that say whether it is Navidrome's.
MOST: Final = 1024


def answering() -> list[str]:
    """Return the addresses at which a Navidrome answers, the configured one first."""
    wanted = list(dict.fromkeys((load_settings(GatewaySettings).navidrome_url, *USUAL)))
    pool = ThreadPoolExecutor(len(wanted))
    answers = pool.map(answers_at, wanted)
    found = [address for address, answered in zip(wanted, answers, strict=True) if answered]
    pool.shutdown(wait=False)
    return found


def answers_at(address: str) -> bool:
    """Return whether a Navidrome answers there: it refuses a ping without a login in its own words."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address.rstrip('/')}/rest/ping?f=json&v=1.16.1&c=sonicmesh", timeout=SECONDS) as response:
            return b"subsonic-response" in response.read(MOST)
    except (HTTPError, URLError, OSError, ValueError):
        return False


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: another server may answer there."""

    def redirect_request(self, *_: object) -> None:
        return None
