"""A client that uses Navidrome's Jellyfin interface."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import Any

from tests.endtoend.navidrome.server import Navidrome, exchange

WHO = 'MediaBrowser Client="tests", Device="d", DeviceId="1", Version="1"'


class Client:
    """A client that has logged in."""

    def __init__(self, navidrome: Navidrome, name: str) -> None:
        self._url = f"{navidrome.url}/jellyfin"
        login = {"Username": name, "Pw": f"{name}pw"}
        self._token = ""
        self._token = str(self._ask("/Users/AuthenticateByName", login)["AccessToken"])

    def song(self, title: str) -> dict[str, Any]:
        """A track by its title."""
        query = urllib.parse.urlencode({"Recursive": "true", "IncludeItemTypes": "Audio", "limit": 500})
        found: list[dict[str, Any]] = self._ask(f"/Items?{query}")["Items"]
        return next(item for item in found if item["Name"] == title)

    def names(self, path: str) -> list[str]:
        """Names of what is found."""
        answer = self._ask(path)
        items = answer["Items"] if isinstance(answer, dict) else answer
        return [str(item.get("Name") or item.get("title")) for item in items]

    def _ask(self, path: str, body: Any = None) -> Any:
        token = f', Token="{self._token}"' if self._token else ""
        headers = {"Authorization": WHO + token, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return exchange(urllib.request.Request(self._url + path, data, headers))
