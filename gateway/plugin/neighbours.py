"""Tracks similar to seeds, from the seeds' own libraries first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from contract.search import MAX_LIMIT, AsyncSearchClient, DistinctRequest, RecommendRequest, Seed
from contract.track import Track
from gateway.mesh import MeshConnection
from gateway.plugin.track_lookup import TrackLookup

#: Most tracks that the search returns.
MAX_COUNT: Final = MAX_LIMIT
#: Least similarity, on the calibrated scale, of tracks added from other libraries: closer than about five of six pairs.
#: A shorter list is better than an arbitrary one.
LEAST: Final = 0.2


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track and how similar it is, on the calibrated scale."""

    track: Track
    similarity: float


class Neighbours:
    """Finds similar tracks through the search, with its diversity and merging of versions."""

    def __init__(self, mesh: MeshConnection, library: TrackLookup, seconds: float) -> None:
        self._search = AsyncSearchClient(mesh)
        self._library = library
        self._seconds = seconds

    async def like(
        self, seeds: Sequence[Track], count: int, diversity: float, without: Sequence[Track] = ()
    ) -> list[Neighbour]:
        """Return at most `count` tracks, most similar first: from the seeds' libraries, then from others.

        Tracks in `without` are left out. Navidrome drops those that the person may not see, without requesting more.
        """
        request = RecommendRequest(
            seeds=[Seed(track_id=seed.id) for seed in seeds],
            limit=min(count, MAX_COUNT),
            diversity=diversity,
            exclude_track_ids=[track.id for track in without],
        )
        recommended = await self._recommend(replace(request, library_ids=sorted({seed.library_id for seed in seeds})))
        own = await self._library.tracks([track_id for track_id, _ in recommended])
        neighbours = [Neighbour(own[track_id], score) for track_id, score in recommended if track_id in own]
        if len(recommended) < count:
            # Songs already found must not come again from another library, whatever their tags there.
            others = await self._recommend(replace(request, listed_track_ids=list(own)))
            tracks = await self._library.tracks([track_id for track_id, _ in others])
            # Later tracks must not have a higher similarity: clients may sort.
            least = min((score for _, score in recommended), default=1.0)
            neighbours += [
                Neighbour(tracks[track_id], min(score, least))
                for track_id, score in others
                if track_id in tracks and score >= LEAST
            ]
        return neighbours[:count]

    async def distinct(self, tracks: Sequence[Track]) -> list[Track]:
        """Return the first track of each song."""
        request = DistinctRequest(track_ids=[track.id for track in tracks])
        first = set((await self._search.distinct(request, timeout=self._seconds)).track_ids)
        return [track for track in tracks if track.id in first]

    async def _recommend(self, request: RecommendRequest) -> list[tuple[str, float]]:
        reply = await self._search.recommend(request, timeout=self._seconds)
        return sorted(((track.track_id, track.score) for track in reply.tracks), key=lambda each: -each[1])
