"""The part of Navidrome's Subsonic API that the command needs."""

from __future__ import annotations

import hashlib
import secrets
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

import orjson

from contract.errors import NavidromeUnavailable, Unauthorized

#: Seconds that Navidrome may take to answer.
TIMEOUT_SECONDS: Final = 30.0
#: The player name that Navidrome shows for us.
CLIENT: Final = "sonicmesh"
#: Version of the API that we use.
VERSION: Final = "1.16.1"
#: Error codes of a rejected login.
WRONG_LOGIN: Final = {40, 41, 42, 43, 44}


class Refused(NavidromeUnavailable):
    """Navidrome answers but refuses the request."""


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist as it appears in lists."""

    id: str
    name: str
    owner: str
    comment: str


class Navidrome:
    """One user's view of the Navidrome at `url`. Methods raise `NavidromeUnavailable`, `Unauthorized`."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url.rstrip("/")
        salt = secrets.token_hex(8)
        # The API asks for MD5 of password and salt.
        token = hashlib.md5((password + salt).encode(), usedforsecurity=False).hexdigest()
        self._login = {"u": user, "t": token, "s": salt, "v": VERSION, "c": CLIENT, "f": "json"}

    def playlists(self) -> list[Playlist]:
        """Return the playlists that the user may see: for an admin, everybody's."""
        listed = self._call("getPlaylists").get("playlists", {}).get("playlist", [])
        return [
            Playlist(str(each["id"]), str(each["name"]), str(each.get("owner", "")), str(each.get("comment", "")))
            for each in listed
        ]

    def delete(self, playlist: Playlist) -> None:
        """Delete a playlist. Raises `Refused` if it belongs to somebody else."""
        self._call("deletePlaylist", id=playlist.id)

    def _call(self, method: str, **fields: str) -> dict[str, Any]:
        form = urllib.parse.urlencode({**self._login, **fields}).encode()
        try:
            with urllib.request.urlopen(f"{self._url}/rest/{method}", form, timeout=TIMEOUT_SECONDS) as response:
                said = orjson.loads(response.read())["subsonic-response"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise NavidromeUnavailable(f"no Navidrome answers at {self._url} (NAVIDROME_URL): {error}") from error
        if said.get("status") != "ok":
            trouble = said.get("error", {})
            kind = Unauthorized if trouble.get("code") in WRONG_LOGIN else Refused
            raise kind(f"Navidrome refused {method}: {trouble.get('message', 'it does not say why')}")
        answered: dict[str, Any] = said
        return answered
