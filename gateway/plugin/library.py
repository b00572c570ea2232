"""Tracks by what Navidrome says of them, and as Navidrome wants them back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.mesh import Mesh

Track = Mapping[str, Any]


class Library:
    """The tracks of `library`. `seconds` is the most that one call may take."""

    def __init__(self, mesh: Mesh, seconds: float) -> None:
        self._mesh = mesh
        self._seconds = seconds

    async def match(self, kind: str, **known: Any) -> list[Track]:
        """The track, or those of the album or artist, that Navidrome means; none where nobody knows it."""
        reply = await self._mesh.call("library", "tracks.match", {"kind": kind, **known}, timeout=self._seconds)
        found: list[Track] = reply.result["tracks"]
        return found

    async def tracks(self, track_ids: Sequence[str]) -> dict[str, Track]:
        """Tracks by id, those that are known."""
        if not track_ids:
            return {}
        reply = await self._mesh.call("library", "tracks.get", {"track_ids": list(track_ids)}, timeout=self._seconds)
        return {track["id"]: track for track in reply.result["tracks"]}


def song(track: Track) -> dict[str, Any]:
    """A track with all that Navidrome matches songs by: id, title, artist, album and length."""
    return {
        "id": track["id"],
        "name": track["title"],
        "artist": track["artist"],
        "album": track["album"],
        "duration": track["duration"],
        "durationMs": round(1000 * track["duration"]),
    }


def songs(tracks: Iterable[Track]) -> list[dict[str, Any]]:
    """`song` of each."""
    return [song(track) for track in tracks]
