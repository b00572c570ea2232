"""Finds tracks from Navidrome's descriptions, and describes tracks for Navidrome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contract.library import AsyncLibraryClient, MatchRequest, TracksRequest
from contract.track import Track
from gateway.mesh import MeshConnection
from gateway.plugin.schema import KnownSong


class TrackLookup:
    """The tracks of the library. `seconds` limits each call."""

    def __init__(self, mesh: MeshConnection, seconds: float) -> None:
        self._library = AsyncLibraryClient(mesh)
        self._seconds = seconds

    async def match(self, request: MatchRequest) -> list[Track]:
        """Return the track, or the tracks of the album or artist, that Navidrome means; none if unknown."""
        return (await self._library.match(request, timeout=self._seconds)).tracks

    async def tracks(self, track_ids: Sequence[str]) -> dict[str, Track]:
        """Return the known tracks by id."""
        if not track_ids:
            return {}
        reply = await self._library.tracks(TracksRequest(track_ids=list(track_ids)), timeout=self._seconds)
        return {track.id: track for track in reply.tracks}


def song(track: Track) -> KnownSong:
    """Return a track with all fields that Navidrome uses to match songs."""
    return KnownSong(
        id=track.id,
        name=track.title,
        artist=track.artist,
        album=track.album,
        duration=track.duration,
        duration_ms=round(1000 * track.duration),
    )


def songs(tracks: Iterable[Track]) -> list[KnownSong]:
    """Return `song` of each track."""
    return [song(track) for track in tracks]
