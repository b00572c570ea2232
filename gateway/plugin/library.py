"""Tracks by what Navidrome says of them, and as Navidrome wants them back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contract.library import AsyncLibraryClient, MatchRequest, TracksRequest
from contract.track import Track
from gateway.mesh import Mesh
from gateway.plugin.schema import KnownSong


class Library:
    """The tracks of the library. `seconds` is the most that one call may take."""

    def __init__(self, mesh: Mesh, seconds: float) -> None:
        self._library = AsyncLibraryClient(mesh)
        self._seconds = seconds

    async def match(self, request: MatchRequest) -> list[Track]:
        """The track, or those of the album or artist, that Navidrome means; none where nobody knows it."""
        return (await self._library.match(request, timeout=self._seconds)).tracks

    async def tracks(self, track_ids: Sequence[str]) -> dict[str, Track]:
        """Tracks by id, those that are known."""
        if not track_ids:
            return {}
        found = await self._library.tracks(TracksRequest(track_ids=list(track_ids)), timeout=self._seconds)
        return {track.id: track for track in found.tracks}


def song(track: Track) -> KnownSong:
    """A track with all that Navidrome matches songs by."""
    return KnownSong(
        id=track.id,
        name=track.title,
        artist=track.artist,
        album=track.album,
        duration=track.duration,
        duration_ms=round(1000 * track.duration),
    )


def songs(tracks: Iterable[Track]) -> list[KnownSong]:
    """`song` of each."""
    return [song(track) for track in tracks]
