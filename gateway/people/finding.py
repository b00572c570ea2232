"""The mesh in one person's name: the library limits everything to what they may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.mesh import Mesh
from gateway.people.identity import Person

#: Seconds that one call may take.
LIBRARY_TIMEOUT: Final = 10.0
SEARCH_TIMEOUT: Final = 15.0
#: Names of a track's fields as pages know them, by those of the library.
TRACK_FIELDS: Final[Mapping[str, str]] = {
    "id": "id",
    "title": "title",
    "artist": "artist",
    "artist_id": "artistId",
    "album": "album",
    "album_id": "albumId",
    "duration": "duration",
    "library_id": "libraryId",
}

Fields = dict[str, Any]


class Finder:
    """Library and search for one person. Methods raise the typed errors of both."""

    def __init__(self, mesh: Mesh, person: Person) -> None:
        self._mesh = mesh
        self._who = {"user_id": person.user_id or None, "user_name": person.user_name}

    async def library(self, op: str, params: Mapping[str, Any]) -> Fields:
        """One of the operations `people.*`."""
        return (await self._mesh.call("library", op, {**self._who, **params}, timeout=LIBRARY_TIMEOUT)).result

    async def search(self, op: str, params: Mapping[str, Any]) -> Fields:
        """`recommend`, `path` or `distinct`."""
        return (await self._mesh.call("search", op, {**self._who, **params}, timeout=SEARCH_TIMEOUT)).result

    async def recommend(self, params: Mapping[str, Any]) -> tuple[list[Fields], list[str]]:
        """Tracks as pages know them, best first, and warnings. Without a library that may be seen there are none."""
        if not params["library_ids"]:
            return [], []
        found = await self.search("recommend", params)
        by_id = {track["track_id"]: track for track in found["tracks"]}
        tracks = []
        for track in await self.named(list(by_id)):
            said = by_id[track["id"]]
            more = {
                "models": said.get("models", []),
                "negativeSimilarity": said.get("negative_similarity"),
                "score": said["score"],
                "reason": said.get("reason"),
            }
            tracks.append({**track, **more})
        return tracks, list(found["warnings"])

    async def distinct(self, track_ids: Sequence[str]) -> list[str]:
        """The first of each song."""
        found: list[str] = (await self.search("distinct", {"track_ids": list(track_ids)}))["track_ids"]
        return found

    async def named(self, track_ids: Sequence[str]) -> list[Fields]:
        """Those of the tracks that the person may see, with what pages show of them."""
        if not track_ids:
            return []
        found = await self.library("people.tracks", {"track_ids": list(track_ids)})
        return [{there: track[here] for here, there in TRACK_FIELDS.items()} for track in found["tracks"]]


def listed(tracks: Sequence[Fields], warnings: Sequence[str]) -> Fields:
    """`trackIds` and `tracks` agree."""
    return {
        "trackIds": [track["id"] for track in tracks],
        "tracks": list(tracks),
        "warnings": list(dict.fromkeys(warnings)),
    }
