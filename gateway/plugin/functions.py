"""The functions of Navidrome's plugin interface. Each answers in Navidrome's format, or None if nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contract.library import MatchRequest
from contract.search import AsyncSearchClient, PathRequest
from contract.track import Track
from gateway.mesh import MeshConnection
from gateway.people.around import interleaved, nearest_artists
from gateway.people.names import is_placeholder
from gateway.plugin.neighbours import MAX_COUNT, Neighbours
from gateway.plugin.schema import (
    Artists,
    KnownArtist,
    MatchedSong,
    MatchedSongs,
    SimilarArtistsAsked,
    SimilarSongs,
    SimilarTracks,
    Song,
    Songs,
    SonicPath,
)
from gateway.plugin.track_lookup import TrackLookup, song, songs

#: Number of results if Navidrome does not give a count.
COUNT: Final = 25
#: Diversity of an Instant Mix; requests for *similar* tracks get the closest ones.
MIX_DIVERSITY: Final = 0.15
#: Most seeds from an album or artist: few enough to search 100,000 tracks within a second.
MAX_SEEDS: Final = 30
#: Most of an artist's own tracks to exclude from the tracks similar to them.
MAX_OWN: Final = 500
#: Fewest and most tracks of a path.
PATH: Final = (2, 200)
#: Tracks to search for similar artists: `TRACKS_PER_ARTIST` per wanted artist, within a minimum and a maximum.
TRACKS_PER_ARTIST: Final = 5
ARTIST_TRACKS: Final = (100, 300)


@dataclass(frozen=True, slots=True)
class _ScoredTrack:
    artist_id: str
    artist: str
    score: float


class Functions:
    """Answers one call of the plugin. `seconds` limits each call into the mesh.

    All methods raise the typed errors of the mesh.
    """

    def __init__(self, mesh: MeshConnection, seconds: float) -> None:
        self._search = AsyncSearchClient(mesh)
        self._seconds = seconds
        self._library = TrackLookup(mesh, seconds)
        self._neighbours = Neighbours(mesh, self._library, seconds)

    async def similar_tracks(self, call: SimilarTracks) -> MatchedSongs | None:
        """Return tracks like a track, with their similarity."""
        seeds = await self._song(call.song)
        similar = await self._neighbours.like(seeds, _count(call.count), 0.0) if seeds else []
        return _matches([(each.track, each.similarity) for each in similar])

    async def path(self, call: SonicPath) -> MatchedSongs | None:
        """Return tracks from one to another, both included, with their similarity to the first."""
        ends = [*await self._song(call.start), *await self._song(call.end)]
        if len(ends) < 2:
            return None
        start, end = ends
        if start.id == end.id:
            return _matches([(start, 1.0)])
        count = min(max(call.count or COUNT, PATH[0]), PATH[1])
        steps = await self._path(start, end, count, sorted({start.library_id, end.library_id}))
        if len(steps) < count:
            steps = await self._path(start, end, count, [])
        tracks = await self._library.tracks([track_id for track_id, _ in steps])
        return _matches([(tracks[track_id], score) for track_id, score in steps if track_id in tracks])

    async def songs_by_track(self, call: SimilarSongs) -> Songs | None:
        """Return an Instant Mix for a track."""
        return await self._mix(await self._song(Song(id=call.id, name=call.name, artist=call.artist)), call.count)

    async def songs_by_album(self, call: SimilarSongs) -> Songs | None:
        """Return an Instant Mix for an album."""
        album = MatchRequest(kind="album", id=call.id, name=call.name, artist=call.artist, limit=MAX_SEEDS)
        return await self._mix(await self._library.match(album), call.count)

    async def songs_by_artist(self, call: SimilarSongs) -> Songs | None:
        """Return an artist's radio; up to a third of the tracks are the artist's own."""
        own = await self._artist(call.id, call.name)
        if not own:
            return None
        count = _count(call.count)
        similar = await self._neighbours.like(_spread(own), count, MIX_DIVERSITY, without=own)
        # Songs, not files: a best-of repeats some songs.
        familiar = _spread(await self._neighbours.distinct(own))
        return _songs(interleaved(familiar, [each.track for each in similar], count))

    async def artists(self, call: SimilarArtistsAsked) -> Artists | None:
        """Return artists that sound similar."""
        own = await self._artist(call.id, call.name)
        if not own or (call.name and is_placeholder(call.name)):
            return None
        itself = {"", call.id} | {t.artist_id for t in own if t.artist.casefold() == call.name.casefold()}
        wanted = min(max(call.limit or COUNT, 1), MAX_COUNT)
        count = min(max(TRACKS_PER_ARTIST * wanted, ARTIST_TRACKS[0]), ARTIST_TRACKS[1])
        similar = await self._neighbours.like(_spread(own), count, 0.0, without=own)
        judged = [
            _ScoredTrack(each.track.artist_id, each.track.artist, each.similarity)
            for each in similar
            if each.track.artist_id not in itself
        ]
        # An artist may also be credited with others ("A • B"): the shortest credit is the name.
        names = {each.artist_id: each.artist for each in sorted(judged, key=lambda each: -len(each.artist))}
        artists = [KnownArtist(id=each.id, name=names[each.id]) for each in nearest_artists(judged)[:wanted]]
        return Artists(artists=artists) if artists else None

    async def _song(self, wanted: Song) -> list[Track]:
        track = MatchRequest(
            kind="track", id=wanted.id, name=wanted.name, artist=wanted.artist, duration=wanted.duration
        )
        return (await self._library.match(track))[:1]

    async def _artist(self, artist_id: str, name: str) -> list[Track]:
        """Return the artist's own tracks or, if there are none, those of albums that credit them."""
        return await self._library.match(MatchRequest(kind="artist", id=artist_id, name=name, limit=MAX_OWN))

    async def _mix(self, seeds: Sequence[Track], count: int) -> Songs | None:
        if not seeds:
            return None
        similar = await self._neighbours.like(seeds, _count(count), MIX_DIVERSITY)
        return _songs([each.track for each in similar])

    async def _path(self, start: Track, end: Track, count: int, libraries: list[int]) -> list[tuple[str, float]]:
        request = PathRequest(from_id=start.id, to_id=end.id, count=count, library_ids=libraries)
        reply = await self._search.path(request, timeout=self._seconds)
        return [(step.track_id, step.similarity) for step in reply.tracks]


def _count(requested: int) -> int:
    return min(max(requested or COUNT, 1), MAX_COUNT)


def _spread(own: Sequence[Track]) -> Sequence[Track]:
    """Return at most `MAX_SEEDS` tracks, evenly spread over `own`."""
    return own[:: -(-len(own) // MAX_SEEDS)]


def _matches(similar: Sequence[tuple[Track, float]]) -> MatchedSongs | None:
    matches = [MatchedSong(song=song(track), similarity=min(max(score, 0.0), 1.0)) for track, score in similar]
    return MatchedSongs(matches=matches) if matches else None


def _songs(tracks: Sequence[Track]) -> Songs | None:
    return Songs(songs=songs(tracks)) if tracks else None
