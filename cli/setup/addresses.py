"""Where Navidrome answers: the configured address, and those that it has in a usual installation."""

from __future__ import annotations

import threading
import time
import urllib.request
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from contract.settings import load_settings
from gateway.settings import GatewaySettings

#: Addresses beside the configured one: on this machine, in a compose file, and from a container to its host.
USUAL: Final = ("http://127.0.0.1:4533", "http://navidrome:4533", "http://host.docker.internal:4533")
SECONDS: Final = 2.0
#: Seconds more that all of them together may take.
MARGIN: Final = 1.0
#: Bytes of an answer that say whether it is Navidrome's.
MOST: Final = 1024


def answering() -> list[str]:
    """Return the addresses at which a Navidrome answers, the configured one first.

    Each is asked in a thread of its own, which is left behind if it hangs: looking up a name may take much longer.
    """
    wanted = list(dict.fromkeys((load_settings(GatewaySettings).navidrome_url, *USUAL)))
    good: set[str] = set()

    def ask(address: str) -> None:
        if answers_at(address):
            good.add(address)

    threads = [threading.Thread(target=ask, args=(address,), daemon=True) for address in wanted]
    until = time.monotonic() + SECONDS + MARGIN
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return [address for address in wanted if address in good]


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
