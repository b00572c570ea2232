"""Chooses the seeds of a list for a person, with their weights. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from contract.search import Seed
from workers.library.people.records import PlayHistory

#: Minimum weight of a seed, whatever its position.
LEAST_WEIGHT: Final = 0.1
#: Weight of a track whose album or artist is starred, relative to one that is starred itself.
THROUGH_ITS_ALBUM: Final = 0.5
#: Maximum number of tracks that count from one starred album or artist.
MAX_MEMBERS: Final = 50
#: Factor on the weight of an album's tracks, per position.
ALBUM_DECAY: Final = 0.85
#: Factor on the weight of a track that the person wants more of.
POSITIVE: Final = 1.12
#: Maximum number of seeds of a list: more only take longer.
MAX_SEEDS: Final = 500


def weight_of(place: int) -> float:
    """Return the weight of the n-th seed, counted from 0: 1/(n+1), at least 0.1."""
    return max(1 / (place + 1), LEAST_WEIGHT)


def recent(history: PlayHistory, since: float) -> list[Seed]:
    """Return tracks played since `since` (unix seconds), newest first."""
    heard = [h for h in history.tracks.values() if h.played and h.played_at >= since and not h.disliked]
    heard.sort(key=lambda h: (-h.played_at, h.track_id))
    return [_seed(h.track_id, weight_of(place), "recent") for place, h in enumerate(heard[:MAX_SEEDS])]


def favorites(history: PlayHistory) -> list[Seed]:
    """Return tracks that are starred or rated above two, and the tracks of starred albums and artists.

    The most recently loved come first. An album or artist takes one place, as a track does, so that an artist with
    many tracks does not push the others down; its tracks weigh half. A track that is loved itself does not count again
    through its album.
    """
    own = {h.track_id: h for h in history.tracks.values() if h.favorite}
    items = [(h.loved_at, track_id, [track_id]) for track_id, h in own.items()]
    for kind, opinions in (("album", history.albums), ("artist", history.artists)):
        for key, opinion in opinions.items():
            if opinion.starred:
                items.append((opinion.loved_at, f"{kind}:{key}", history.members.get((kind, key), [])[:MAX_MEMBERS]))
    items.sort(key=lambda item: (-item[0], item[1]))
    disliked = set(history.dislikes)
    seeds_by_id: dict[str, Seed] = {}
    for place, (_, key, tracks) in enumerate(items):
        share = 1.0 if key in own else THROUGH_ITS_ALBUM
        for track_id in tracks:
            if track_id in disliked or (track_id in own and key != track_id):
                continue
            seeds_by_id.setdefault(track_id, _seed(track_id, share * weight_of(place), "favorite"))
    return heaviest(seeds_by_id.values())


def blend(played: Iterable[Seed], loved: Iterable[Seed], weight: float) -> list[Seed]:
    """Combine both, with the loved ones multiplied by `weight`; a track in both gets the sum."""
    seeds_by_id = {seed.track_id: seed for seed in played}
    for seed in loved:
        before = seeds_by_id.get(seed.track_id)
        added = weight * seed.weight
        seeds_by_id[seed.track_id] = (
            replace(before, weight=before.weight + added) if before else replace(seed, weight=added)
        )
    return heaviest(seeds_by_id.values())


def custom(items: Sequence[Sequence[str]]) -> list[Seed]:
    """Return seeds for songs (one track) and albums (tracks in order); the i-th of n items weighs 1 - i/(n+1)."""
    seeds_by_id: dict[str, Seed] = {}
    for place, tracks in enumerate(items):
        weight = 1 - place / (len(items) + 1)
        for position, track_id in enumerate(tracks):
            seeds_by_id.setdefault(track_id, _seed(track_id, weight * ALBUM_DECAY**position, "custom"))
    return heaviest(seeds_by_id.values())


def with_positives(seeds: Iterable[Seed], track_ids: Iterable[str]) -> list[Seed]:
    """Raise the weight of tracks that the person wants more of; a new one starts with the weight of a first seed."""
    seeds_by_id = {seed.track_id: seed for seed in seeds}
    for track_id in dict.fromkeys(track_ids):
        seed = seeds_by_id.get(track_id) or _seed(track_id, weight_of(0), "positive")
        seeds_by_id[track_id] = replace(seed, weight=POSITIVE * seed.weight)
    return heaviest(seeds_by_id.values())


def heaviest(seeds: Iterable[Seed]) -> list[Seed]:
    """Return at most `MAX_SEEDS` seeds, heaviest first."""
    return sorted(seeds, key=lambda seed: (-seed.weight, seed.track_id))[:MAX_SEEDS]


def _seed(track_id: str, weight: float, source: str) -> Seed:
    return Seed(track_id=track_id, weight=weight, source=source)
