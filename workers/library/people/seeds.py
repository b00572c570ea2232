"""What a list for a person starts from: seeds and their weights. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from contract.search import Seed
from workers.library.people.records import Listening

#: The least weight that a seed has, however far down it stands.
LEAST_WEIGHT: Final = 0.1
#: Weight of a track whose album or artist is starred, beside one that is starred itself.
THROUGH_ITS_ALBUM: Final = 0.5
#: Tracks of one starred album or artist that count.
MAX_MEMBERS: Final = 50
#: What the weight of an album's track is multiplied by, per position.
ALBUM_DECAY: Final = 0.85
#: What a track that the person wants more of weighs more.
POSITIVE: Final = 1.12
#: Most seeds of a list: more of them change nothing but the time it takes.
MAX_SEEDS: Final = 500


def weight_of(place: int) -> float:
    """The weight of the n-th seed, counted from 0: 1/(n+1), at least 0.1."""
    return max(1 / (place + 1), LEAST_WEIGHT)


def recent(listening: Listening, since: float) -> list[Seed]:
    """Tracks played since then (unix seconds), newest first."""
    heard = [h for h in listening.tracks.values() if h.played and h.played_at >= since and not h.disliked]
    heard.sort(key=lambda h: (-h.played_at, h.track_id))
    return [_seed(h.track_id, weight_of(place), "recent") for place, h in enumerate(heard[:MAX_SEEDS])]


def favorites(listening: Listening) -> list[Seed]:
    """What is starred or rated above two, loved last first; starred albums and artists through their tracks.

    An album or artist takes one place, as a track does, so that one artist with many tracks does not push the others
    down; its tracks weigh half. A track that is loved itself does not count again through its album.
    """
    own = {h.track_id: h for h in listening.tracks.values() if h.favorite}
    items = [(h.loved_at, track_id, [track_id]) for track_id, h in own.items()]
    for kind, opinions in (("album", listening.albums), ("artist", listening.artists)):
        for key, opinion in opinions.items():
            if opinion.starred:
                items.append((opinion.loved_at, f"{kind}:{key}", listening.members.get((kind, key), [])[:MAX_MEMBERS]))
    items.sort(key=lambda item: (-item[0], item[1]))
    disliked = set(listening.dislikes)
    found: dict[str, Seed] = {}
    for place, (_, key, tracks) in enumerate(items):
        share = 1.0 if key in own else THROUGH_ITS_ALBUM
        for track_id in tracks:
            if track_id in disliked or (track_id in own and key != track_id):
                continue
            found.setdefault(track_id, _seed(track_id, share * weight_of(place), "favorite"))
    return heaviest(found.values())


def blend(played: Iterable[Seed], loved: Iterable[Seed], weight: float) -> list[Seed]:
    """Both, those that are loved times `weight`; a track that is in both has the sum."""
    found = {seed.track_id: seed for seed in played}
    for seed in loved:
        before = found.get(seed.track_id)
        added = weight * seed.weight
        found[seed.track_id] = replace(before, weight=before.weight + added) if before else replace(seed, weight=added)
    return heaviest(found.values())


def custom(items: Sequence[Sequence[str]]) -> list[Seed]:
    """Songs (one track) and albums (their tracks in order) as given: the i-th of n weighs 1 - i/(n+1)."""
    found: dict[str, Seed] = {}
    for place, tracks in enumerate(items):
        weight = 1 - place / (len(items) + 1)
        for position, track_id in enumerate(tracks):
            found.setdefault(track_id, _seed(track_id, weight * ALBUM_DECAY**position, "custom"))
    return heaviest(found.values())


def with_positives(seeds: Iterable[Seed], track_ids: Iterable[str]) -> list[Seed]:
    """Tracks that the person wants more of weigh more; those that are no seeds yet become some, as a first one."""
    found = {seed.track_id: seed for seed in seeds}
    for track_id in dict.fromkeys(track_ids):
        seed = found.get(track_id) or _seed(track_id, weight_of(0), "positive")
        found[track_id] = replace(seed, weight=POSITIVE * seed.weight)
    return heaviest(found.values())


def heaviest(seeds: Iterable[Seed]) -> list[Seed]:
    """At most `MAX_SEEDS` of them, heaviest first."""
    return sorted(seeds, key=lambda seed: (-seed.weight, seed.track_id))[:MAX_SEEDS]


def _seed(track_id: str, weight: float, source: str) -> Seed:
    return Seed(track_id=track_id, weight=weight, source=source)
