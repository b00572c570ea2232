"""What is like a track, album or artist, and the way from one track to another, for one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from contract.errors import InvalidRequest, NotFound
from gateway.people.finding import Fields, Finder, listed
from gateway.people.names import is_nobody
from gateway.playlist.schema import MAX_LIMIT

#: Of an artist's radio at most one track in so many is the artist's own.
OWN_SHARE: Final = 3
#: Tracks by which an artist is judged: the nearest so many.
NEAREST: Final = 3
#: Decimal places of an artist's score.
DIGITS: Final = 6


async def similar(finder: Finder, kind: str, key: str, count: int) -> Fields:
    """Tracks like a track or an album, or the radio of an artist. Raises `NotFound`."""
    around = await finder.library("people.around", {"kind": kind, "id": key})
    tracks, warnings = await finder.recommend(_params(around, count))
    if kind != "artist":
        return listed(tracks, warnings)
    # What the person knows comes first: a radio begins with something familiar.
    unwanted = set(around["disliked_track_ids"])
    wished = dict.fromkeys([*around["played_track_ids"], *around["own_track_ids"]])
    own = await finder.distinct([track_id for track_id in wished if track_id not in unwanted])
    own = own[: count // OWN_SHARE]
    familiar = [
        {**track, "models": [], "negativeSimilarity": None, "score": 1.0, "reason": _by(track["artist"])}
        for track in await finder.named(own)
    ]
    mixed = interleaved(familiar, tracks, count)
    short = len(mixed) < count
    return listed(mixed, warnings if short else [w for w in warnings if not _says_short(w)])


async def similar_artists(finder: Finder, key: str, count: int) -> Fields:
    """Artists whose tracks are nearest to this one's. Raises `NotFound`."""
    around = await finder.library("people.around", {"kind": "artist", "id": key})
    tracks, warnings = await finder.recommend(_params(around, MAX_LIMIT))
    artists = nearest_artists([track for track in tracks if track["artistId"] not in {"", key}])
    return {"artists": artists[:count], "warnings": [w for w in warnings if not _says_short(w)]}


async def path(finder: Finder, start: str, end: str, count: int) -> Fields:
    """`count` tracks from `start` to `end`, both included. Raises `NotFound`, `InvalidRequest`."""
    ends = await finder.library("people.tracks", {"track_ids": [start, end]})
    ids = [track["id"] for track in ends["tracks"]]
    if start == end or (len(ids) == 2 and ids[0] == ids[1]):
        raise InvalidRequest("to: another track than from is expected", {"field": "to", "reason": "the same track"})
    if len(ids) < 2:
        raise NotFound("one of these tracks is not there, or you may not see it")
    params = {"from_id": ids[0], "to_id": ids[1], "count": count, "library_ids": ends["library_ids"]}
    around = await finder.library("people.around", {"kind": "track", "id": ids[0]})
    found = await finder.search("path", {**params, "exclude_track_ids": around["disliked_track_ids"]})
    similarity = {track["track_id"]: track["similarity"] for track in found["tracks"]}
    named = await finder.named(list(similarity))
    return listed([{**track, "similarity": similarity[track["id"]]} for track in named], found["warnings"])


def interleaved(own: Sequence[Fields], others: Sequence[Fields], count: int) -> list[Fields]:
    """`own` at every third place from the first on, as long as the others last; never more than a third of it."""
    mixed: list[Fields] = []
    left, found = list(own), list(others)
    while found and len(mixed) < count:
        if left and len(mixed) % OWN_SHARE == 0 and min(count, len(mixed) + 1 + len(found)) - len(mixed) >= OWN_SHARE:
            mixed.append(left.pop(0))
        else:
            mixed.append(found.pop(0))
    return mixed


def nearest_artists(tracks: Sequence[Fields]) -> list[Fields]:
    """Artists of tracks (best first), by the mean score of their nearest three; fewer count as zeros.

    Names that are nobody's are left out.
    """
    scores: defaultdict[str, list[float]] = defaultdict(list)
    names: dict[str, str] = {}
    for track in tracks:
        if is_nobody(track["artist"]):
            continue
        names.setdefault(track["artistId"], track["artist"])
        scores[track["artistId"]].append(track["score"])
    means = {key: sum(found[:NEAREST]) / min(NEAREST, len(found)) for key, found in scores.items()}
    order = sorted(means, key=lambda key: (-means[key], names[key]))
    return [{"id": key, "name": names[key], "score": round(means[key], DIGITS)} for key in order]


def _params(around: Fields, count: int) -> Fields:
    """Params of `recommend`: nothing of the thing itself."""
    return {
        "limit": count,
        "seeds": around["seeds"],
        "library_ids": around["library_ids"],
        "disliked_track_ids": around["disliked_track_ids"],
        "exclude_track_ids": around["own_track_ids"],
    }


def _by(artist: str) -> str | None:
    return None if is_nobody(artist) else f"by {artist}"


def _says_short(warning: str) -> bool:
    """Whether the search tells that it found fewer than asked for."""
    return " tracks: " in warning
