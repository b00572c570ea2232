"""Music similar to a track, album or artist, and paths between tracks, for one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeVar

from contract.errors import InvalidRequest, NotFound
from contract.message import common
from contract.people import Around, Kind
from contract.search import MAX_LIMIT, PathRequest, RecommendRequest
from contract.track import VisibleTrack
from contract.warnings import Warned, WarningCode
from gateway.http.warned import warned
from gateway.people.finding import Finder
from gateway.people.names import is_placeholder
from gateway.people.schema import Path, PathTrack, PersonTrack, Similar, SimilarArtist, SimilarArtists

T = TypeVar("T")

#: In an artist's radio, at most one track in `OWN_SHARE` is the artist's own.
OWN_SHARE: Final = 3
#: Number of nearest tracks that an artist's score is computed from.
NEAREST: Final = 3
#: Decimal places of an artist's score.
DIGITS: Final = 6


class ScoredTrack(Protocol):
    """A track's artist and score."""

    @property
    def artist_id(self) -> str: ...

    @property
    def artist(self) -> str: ...

    @property
    def score(self) -> float: ...


async def similar(finder: Finder, kind: Kind, key: str, count: int) -> Similar:
    """Return tracks like a track or album, or an artist's radio. Raises `NotFound`."""
    around = await finder.around(kind, key)
    tracks, warnings = await finder.recommend(_request(around, count))
    if kind == "artist":
        tracks = interleaved(await _familiar(finder, around, count), tracks, count)
        if len(tracks) == count:
            warnings = _but_short(warnings)
    return Similar(track_ids=[track.id for track in tracks], tracks=tracks, **warned(warnings))


async def similar_artists(finder: Finder, key: str, count: int) -> SimilarArtists:
    """Return the artists whose tracks are nearest to this artist's. Raises `NotFound`."""
    around = await finder.around("artist", key)
    tracks, warnings = await finder.recommend(_request(around, MAX_LIMIT))
    artists = nearest_artists([track for track in tracks if track.artist_id not in {"", key}])
    return SimilarArtists(artists=artists[:count], **warned(_but_short(warnings)))


async def path(finder: Finder, start: str, end: str, count: int) -> Path:
    """Return `count` tracks from `start` to `end`, both included. Raises `NotFound`, `InvalidRequest`."""
    ends = await finder.visible([start, end])
    ids = [track.id for track in ends.tracks]
    if start == end or (len(ids) == 2 and ids[0] == ids[1]):
        raise InvalidRequest("to: choose another track than from", {"field": "to", "reason": "the same track"})
    if len(ids) < 2:
        raise NotFound("one of these tracks does not exist, or you may not see it")
    around = await finder.around("track", ids[0])
    steps = await finder.path(
        PathRequest(
            from_id=ids[0],
            to_id=ids[1],
            count=count,
            library_ids=ends.library_ids,
            exclude_track_ids=around.disliked_track_ids,
        )
    )
    similarity = {step.track_id: step.similarity for step in steps.tracks}
    named = await finder.named(list(similarity))
    tracks = [common(track, PathTrack, similarity=similarity[track.id]) for track in named]
    return Path(track_ids=[track.id for track in tracks], tracks=tracks, **warned(steps.warnings))


def interleaved(own: Sequence[T], others: Sequence[T], count: int) -> list[T]:
    """Mix `own` into `others` at every third place, starting with the first; at most a third of the result is `own`."""
    mixed: list[T] = []
    waiting, found = list(own), list(others)
    while found and len(mixed) < count:
        if (
            waiting
            and len(mixed) % OWN_SHARE == 0
            and min(count, len(mixed) + 1 + len(found)) - len(mixed) >= OWN_SHARE
        ):
            mixed.append(waiting.pop(0))
        else:
            mixed.append(found.pop(0))
    return mixed


def nearest_artists(tracks: Iterable[ScoredTrack]) -> list[SimilarArtist]:
    """Rank the artists of `tracks` (best first) by the mean score of their nearest three; missing ones count as zero.

    Placeholder names are left out.
    """
    scores: defaultdict[str, list[float]] = defaultdict(list)
    names: dict[str, str] = {}
    for track in tracks:
        if is_placeholder(track.artist):
            continue
        names.setdefault(track.artist_id, track.artist)
        scores[track.artist_id].append(track.score)
    means = {key: sum(values[:NEAREST]) / min(NEAREST, len(values)) for key, values in scores.items()}
    order = sorted(means, key=lambda key: (-means[key], names[key]))
    return [SimilarArtist(id=key, name=names[key], score=round(means[key], DIGITS)) for key in order]


async def _familiar(finder: Finder, around: Around, count: int) -> list[PersonTrack]:
    """Return the artist's own tracks for a radio of `count`, played ones first, so that it begins with a known one."""
    unwanted = set(around.disliked_track_ids)
    wished = dict.fromkeys([*around.played_track_ids, *around.own_track_ids])
    own = await finder.distinct([track_id for track_id in wished if track_id not in unwanted])
    return [_own(track) for track in await finder.named(own[: count // OWN_SHARE])]


def _own(track: VisibleTrack) -> PersonTrack:
    reason = None if is_placeholder(track.artist) else f"by {track.artist}"
    return common(track, PersonTrack, score=1.0, reason=reason, models=[], negative_similarity=None)


def _request(around: Around, count: int) -> RecommendRequest:
    """Make a search request that excludes the track, album or artist itself."""
    return RecommendRequest(
        limit=count,
        seeds=around.seeds,
        library_ids=around.library_ids,
        disliked_track_ids=around.disliked_track_ids,
        exclude_track_ids=around.own_track_ids,
    )


def _but_short(warnings: Iterable[Warned]) -> list[Warned]:
    """Return all warnings except that the list is short."""
    return [warning for warning in warnings if warning.code != WarningCode.SHORT_LIST]
