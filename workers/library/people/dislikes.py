"""What a person's low ratings say about albums and artists. Pure functions.

One bad track must not ban an artist that the person loves: a penalty is multiplied by the share of dislikes among all
tracks of that album or artist that the person knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from workers.library.people.records import Opinion, PlayedTrack, PlayHistory

Kind = Literal["album", "artist"]

#: Penalty by kind and by the stars of the worst track, or of the album or artist itself.
PENALTIES: Final[Mapping[Kind, Mapping[int, float]]] = {"album": {1: 0.95, 2: 0.7}, "artist": {1: 0.85, 2: 0.65}}
#: At this penalty or above, no tracks of the album or artist are returned.
REJECTED: Final = 0.5


@dataclass(frozen=True, slots=True)
class RatingEffects:
    """Albums or artists that are never returned, and factors on the scores of others."""

    rejected: tuple[str, ...]
    factors: Mapping[str, float]


def rating_effects(kind: Kind, history: PlayHistory, strength: float) -> RatingEffects:
    """Judge all albums or artists. `strength` is the person's `low_rating_penalty`."""
    by_id = penalties(kind, history, strength)
    return RatingEffects(
        tuple(sorted(key for key, penalty in by_id.items() if penalty >= REJECTED)),
        {key: 1 - penalty for key, penalty in by_id.items() if penalty < REJECTED},
    )


def penalties(kind: Kind, history: PlayHistory, strength: float) -> dict[str, float]:
    """Return the penalties above 0 by id."""
    opinions = history.albums if kind == "album" else history.artists
    tracks_of: defaultdict[str, list[PlayedTrack]] = defaultdict(list)
    for heard in history.tracks.values():
        if key := heard.album_id if kind == "album" else heard.artist_id:
            tracks_of[key].append(heard)
    by_id = {}
    for key in tracks_of.keys() | {key for key, opinion in opinions.items() if opinion.disliked}:
        penalty = strength * _penalty(PENALTIES[kind], tracks_of.get(key, []), opinions.get(key, Opinion()))
        if penalty > 0:
            by_id[key] = penalty
    return by_id


def _penalty(by_stars: Mapping[int, float], tracks: list[PlayedTrack], opinion: Opinion) -> float:
    if opinion.loved:
        return 0.0
    disliked = [heard.rating for heard in tracks if heard.disliked]
    if opinion.disliked:
        return by_stars[min([opinion.rating, *disliked])]
    return by_stars[min(disliked)] * len(disliked) / len(tracks) if disliked else 0.0
