"""Tracks like some tracks, the seeds' own libraries first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.mesh import Mesh
from gateway.plugin.library import Library, Track

#: Most tracks that the search answers.
MAX_COUNT: Final = 500
#: How far the durations of the same recording may differ, in seconds.
SAME_DURATION: Final = 2.0


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
        """At most `count` tracks, most similar first within the seeds' libraries, then within the others.

        None of them is of `without`. Navidrome drops what the person who asks may not see, and asks for no more.
        """
        excluded = [track["id"] for track in without]
        near = {"library_ids": sorted({seed["library_id"] for seed in seeds}), "exclude_track_ids": excluded}
        found = await self._recommend(seeds, count, diversity, near)
        own = await self._library.tracks([track_id for track_id, _ in found])
        neighbours = [Neighbour(own[track_id], score) for track_id, score in found if track_id in own]
        if len(found) < count:
            rest = {"exclude_track_ids": [*excluded, *own]}
            # Some of what comes may be copies of what is there.
            others = await self._recommend(seeds, count, diversity, rest)
            known = await self._library.tracks([track_id for track_id, _ in others])
            there = _by_name(own.values())
            # What comes later is never said to be closer: clients may sort.
            least = min((score for _, score in found), default=1.0)
            neighbours += [
                Neighbour(known[track_id], min(score, least))
                for track_id, score in others
                if track_id in known and not _among(known[track_id], there)
            ]
        return neighbours[:count]

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


def _by_name(tracks: Iterable[Track]) -> Mapping[tuple[str, str], Sequence[float]]:
    """Durations by artist and title."""
    found = defaultdict(list)
    for track in tracks:
        found[_name(track)].append(float(track["duration"]))
    return found


def _among(track: Track, there: Mapping[tuple[str, str], Sequence[float]]) -> bool:
    """Whether another library has the same recording, by its tags; within one library the search has folded them."""
    return any(abs(duration - track["duration"]) <= SAME_DURATION for duration in there.get(_name(track), ()))


def _name(track: Track) -> tuple[str, str]:
    return track["artist"].casefold(), track["title"].casefold()
