"""Creates and replaces Navidrome playlists for the caller; restores the old one if that fails halfway."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from contract.errors import Conflict, Forbidden, MeshError, NavidromeUnavailable
from gateway.people.credentials import Credentials, Proxied, Subsonic, Token
from gateway.people.navidrome import Fields, Navidrome
from gateway.people.schema import ListedPlaylist, SavedPlaylist

log = logging.getLogger(__name__)

#: Most positions removed by one request: they are part of its URL.
MAX_REMOVED: Final = 200


@dataclass(frozen=True, slots=True)
class Content:
    """A playlist's name and tracks, in order; None for `comment` or `public` leaves it unchanged."""

    name: str
    track_ids: Sequence[str]
    comment: str | None = None
    public: bool | None = None


class Playlists(ABC):
    """Playlists over one of Navidrome's interfaces. Methods raise the errors of `Navidrome`."""

    @abstractmethod
    async def read(self, playlist_id: str) -> Content:
        """Return a playlist. Raises `Forbidden` if it is not the caller's, `Conflict` if it is a smart playlist."""

    @abstractmethod
    async def create(self, name: str) -> str:
        """Create an empty playlist and return its id."""

    @abstractmethod
    async def fill(self, playlist_id: str, track_ids: Sequence[str]) -> None:
        """Replace the tracks of a playlist."""

    @abstractmethod
    async def append(self, playlist_id: str, track_ids: Sequence[str]) -> None:
        """Add tracks at the end of a playlist."""

    @abstractmethod
    async def listed(self) -> list[ListedPlaylist]:
        """Return the playlists that the caller may see."""

    @abstractmethod
    async def describe(self, playlist_id: str, content: Content) -> None:
        """Set the name, and `comment` and `public` unless they are None."""

    @abstractmethod
    async def delete(self, playlist_id: str) -> None:
        """Delete a playlist."""


async def save(playlists: Playlists, wanted: Content, playlist_id: str | None = None) -> SavedPlaylist:
    """Create a playlist, or replace `playlist_id`; a failure halfway restores the previous state."""
    before = await playlists.read(playlist_id) if playlist_id else None
    target = playlist_id or await playlists.create(wanted.name)
    try:
        await playlists.fill(target, wanted.track_ids)
        if before is not None or wanted.comment is not None or wanted.public is not None:
            await playlists.describe(target, wanted)
        after = await playlists.read(target)
    except MeshError as error:
        await _undo(playlists, target, before, error)
        raise
    return SavedPlaylist(
        playlist_id=target,
        name=after.name,
        saved=len(after.track_ids),
        dropped=left_out(wanted.track_ids, after.track_ids),
    )


async def _undo(playlists: Playlists, playlist_id: str, before: Content | None, cause: MeshError) -> None:
    """Restore the previous state. If that fails too, raises `NavidromeUnavailable` with what is lost."""
    try:
        if before is None:
            await playlists.delete(playlist_id)
        else:
            await playlists.fill(playlist_id, before.track_ids)
            await playlists.describe(playlist_id, before)
    except MeshError as error:
        log.warning("playlist %s could not be restored: %s", playlist_id, error.message)
        raise NavidromeUnavailable(
            f"{cause.message}; then the playlist could not be restored: {error.message}",
            {"playlist_id": playlist_id, "before": list(before.track_ids) if before else None},
        ) from cause


def left_out(wanted: Sequence[str], present: Iterable[str]) -> list[str]:
    """Return the tracks that were sent more often than they were saved, each once."""
    missing = Counter(wanted) - Counter(present)
    return [track_id for track_id in dict.fromkeys(wanted) if missing[track_id]]


class SubsonicPlaylists(Playlists):
    """Playlists over the Subsonic interface, which replaces all tracks at once without renaming."""

    def __init__(self, navidrome: Navidrome, who: Subsonic | Proxied) -> None:
        self._navidrome = navidrome
        self._who = who

    async def read(self, playlist_id: str) -> Content:
        playlist = (await self._call("getPlaylist", [("id", playlist_id)])).get("playlist") or {}
        if str(playlist.get("owner", "")).lower() != self._who.user_name.lower():
            raise Forbidden("this playlist is not yours")
        if playlist.get("readonly"):
            raise Conflict("this is a smart playlist, made by rules, and cannot be replaced")
        tracks = [str(entry["id"]) for entry in playlist.get("entry") or ()]
        return Content(
            str(playlist.get("name", "")), tracks, str(playlist.get("comment") or ""), bool(playlist.get("public"))
        )

    async def create(self, name: str) -> str:
        response = await self._call("createPlaylist", [("name", name)])
        return str((response.get("playlist") or {}).get("id", ""))

    async def fill(self, playlist_id: str, track_ids: Sequence[str]) -> None:
        songs = [("songId", track_id) for track_id in track_ids]
        await self._call("createPlaylist", [("playlistId", playlist_id), *songs])

    async def append(self, playlist_id: str, track_ids: Sequence[str]) -> None:
        songs = [("songIdToAdd", track_id) for track_id in track_ids]
        await self._call("updatePlaylist", [("playlistId", playlist_id), *songs])

    async def listed(self) -> list[ListedPlaylist]:
        found = ((await self._call("getPlaylists", [])).get("playlists") or {}).get("playlist") or ()
        return [self._told(each) for each in found]

    def _told(self, found: dict[str, Any]) -> ListedPlaylist:
        owner = str(found.get("owner", ""))
        own = owner.lower() == self._who.user_name.lower()
        return ListedPlaylist(
            id=str(found["id"]),
            name=str(found.get("name", "")),
            comment=str(found.get("comment") or ""),
            tracks=int(found.get("songCount") or 0),
            duration=float(found.get("duration") or 0),
            public=bool(found.get("public")),
            owner=owner,
            own=own,
            writable=own and not found.get("readonly"),
        )

    async def describe(self, playlist_id: str, content: Content) -> None:
        fields = [("playlistId", playlist_id), ("name", content.name)]
        if content.comment is not None:
            fields.append(("comment", content.comment))
        if content.public is not None:
            fields.append(("public", "true" if content.public else "false"))
        await self._call("updatePlaylist", fields)

    async def delete(self, playlist_id: str) -> None:
        await self._call("deletePlaylist", [("id", playlist_id)])

    async def _call(self, call: str, fields: Fields) -> dict[str, Any]:
        return await self._navidrome.subsonic(self._who, call, fields)


class NativePlaylists(Playlists):
    """Playlists over the native interface, which only adds and removes: add new tracks first, then remove old ones."""

    def __init__(self, navidrome: Navidrome, who: Token) -> None:
        self._navidrome = navidrome
        self._who = who

    async def read(self, playlist_id: str) -> Content:
        playlist = await self._call("GET", _path(playlist_id))
        if playlist.get("ownerId") != self._who.user_id:
            raise Forbidden("this playlist is not yours")
        if playlist.get("rules"):
            raise Conflict("this is a smart playlist, made by rules, and cannot be replaced")
        tracks = [str(row["mediaFileId"]) for row in await self._rows(playlist_id)]
        return Content(
            str(playlist.get("name", "")), tracks, str(playlist.get("comment") or ""), bool(playlist.get("public"))
        )

    async def create(self, name: str) -> str:
        created = await self._call("POST", "/api/playlist", {"name": name, "comment": "", "public": False})
        return str(created.get("id", ""))

    async def fill(self, playlist_id: str, track_ids: Sequence[str]) -> None:
        old = [str(row["id"]) for row in await self._rows(playlist_id)]
        if track_ids:
            await self._call("POST", f"{_path(playlist_id)}/tracks", {"ids": list(track_ids)})
        # Removing a track shifts those after it, so remove from the end: the other positions stay valid.
        for end in range(len(old), 0, -MAX_REMOVED):
            part = old[max(0, end - MAX_REMOVED) : end]
            await self._call("DELETE", f"{_path(playlist_id)}/tracks", query=[("id", position) for position in part])

    async def append(self, playlist_id: str, track_ids: Sequence[str]) -> None:
        await self._call("POST", f"{_path(playlist_id)}/tracks", {"ids": list(track_ids)})

    async def listed(self) -> list[ListedPlaylist]:
        answered = await self._navidrome.native(self._who, "GET", "/api/playlist", query=[("_end", "0")])
        self._renewed(answered.token)
        return [self._told(each) for each in answered.body or ()]

    def _told(self, found: dict[str, Any]) -> ListedPlaylist:
        own = found.get("ownerId") == self._who.user_id
        return ListedPlaylist(
            id=str(found["id"]),
            name=str(found.get("name", "")),
            comment=str(found.get("comment") or ""),
            tracks=int(found.get("songCount") or 0),
            duration=float(found.get("duration") or 0),
            public=bool(found.get("public")),
            owner=str(found.get("ownerName") or ""),
            own=own,
            writable=own and not found.get("rules"),
        )

    async def describe(self, playlist_id: str, content: Content) -> None:
        playlist = await self._call("GET", _path(playlist_id))
        changes: dict[str, Any] = {"name": content.name}
        if content.comment is not None:
            changes["comment"] = content.comment
        if content.public is not None:
            changes["public"] = content.public
        await self._call("PUT", _path(playlist_id), playlist | changes)

    async def delete(self, playlist_id: str) -> None:
        await self._call("DELETE", _path(playlist_id))

    async def _rows(self, playlist_id: str) -> list[dict[str, Any]]:
        answered = await self._navidrome.native(self._who, "GET", f"{_path(playlist_id)}/tracks")
        self._renewed(answered.token)
        return list(answered.body or ())

    async def _call(self, method: str, path: str, body: Any = None, query: Fields = ()) -> dict[str, Any]:
        answered = await self._navidrome.native(self._who, method, path, body, query)
        self._renewed(answered.token)
        return answered.body if isinstance(answered.body, dict) else {}

    def _renewed(self, jwt: str) -> None:
        """Use the newest token from now on; the caller gets it too."""
        if jwt:
            self._who = replace(self._who, jwt=jwt)

    @property
    def token(self) -> str:
        return self._who.jwt


def _path(playlist_id: str) -> str:
    return f"/api/playlist/{quote(playlist_id, safe='')}"


def playlists_of(navidrome: Navidrome, who: Credentials) -> Playlists:
    """Return the caller's playlists over the interface that their credentials fit."""
    return NativePlaylists(navidrome, who) if isinstance(who, Token) else SubsonicPlaylists(navidrome, who)
