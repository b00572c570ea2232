"""Tracks like some tracks, the seeds' own libraries first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.mesh import Mesh
from gateway.plugin.library import Library, Track

#: Most tracks that the search answers.
MAX_COUNT: Final = 500
#: The least similarity, on the calibrated scale, of what fills up from other libraries: closer than about five of six
#: pairs. A shorter answer is better than one of anything.
LEAST: Final = 0.2


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track and how similar it is, on the calibrated scale."""

    track: Track
    similarity: float


class Neighbours:
    """Asks the ranking engine, with its diversity and its folding of versions."""

    def __init__(self, mesh: Mesh, library: Library, seconds: float) -> None:
        self._mesh = mesh
        self._library = library
        self._seconds = seconds

    async def like(
        self, seeds: Sequence[Track], count: int, diversity: float, without: Sequence[Track] = ()
    ) -> list[Neighbour]:
        """At most `count` tracks, most similar first within the seeds' libraries, then what is like them in others.

        None of them is of `without`. Navidrome drops what the person who asks may not see, and asks for no more.
        """
        excluded = [track["id"] for track in without]
        near = {"library_ids": sorted({seed["library_id"] for seed in seeds}), "exclude_track_ids": excluded}
        found = await self._recommend(seeds, count, diversity, near)
        own = await self._library.tracks([track_id for track_id, _ in found])
        neighbours = [Neighbour(own[track_id], score) for track_id, score in found if track_id in own]
        if len(found) < count:
            # What is there already comes from no other library again, whatever its tags there.
            rest = {"exclude_track_ids": excluded, "listed_track_ids": list(own)}
            others = await self._recommend(seeds, count, diversity, rest)
            known = await self._library.tracks([track_id for track_id, _ in others])
            # What comes later is never said to be closer: clients may sort.
            least = min((score for _, score in found), default=1.0)
            neighbours += [
                Neighbour(known[track_id], min(score, least))
                for track_id, score in others
                if track_id in known and score >= LEAST
            ]
        return neighbours[:count]

    async def distinct(self, tracks: Sequence[Track]) -> list[Track]:
        """The first of each song."""
        params = {"track_ids": [track["id"] for track in tracks]}
        reply = await self._mesh.call("search", "distinct", params, timeout=self._seconds)
        first = set(reply.result["track_ids"])
        return [track for track in tracks if track["id"] in first]

    async def _recommend(
        self, seeds: Sequence[Track], count: int, diversity: float, where: Mapping[str, Any]
    ) -> list[tuple[str, float]]:
        params = {
            "seeds": [{"track_id": seed["id"]} for seed in seeds],
            "limit": min(count, MAX_COUNT),
            "diversity": diversity,
            **where,
        }
        reply = await self._mesh.call("search", "recommend", params, timeout=self._seconds)
        found = [(str(track["track_id"]), float(track["score"])) for track in reply.result["tracks"]]
        return sorted(found, key=lambda each: -each[1])
