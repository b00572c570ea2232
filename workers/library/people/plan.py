"""Turns a person's request into a request to the search worker: seeds, exclusions and factors on scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contract.people import Plan, PlanRequest, Preferences
from contract.search import Seed
from workers.library.people import seeds as make
from workers.library.people.dislikes import RatingEffects
from workers.library.people.records import NavidromeUser, PlayHistory

#: Seconds in a day.
DAY: Final = 86_400.0
#: Minimum exploration of a discovery, on the scale of `diversity`.
LEAST_EXPLORATION: Final = 0.3


@dataclass(frozen=True, slots=True)
class PersonData:
    """What was read for a request.

    `songs`: the tracks of each of `song_ids`; `excluded`: tracks of excluded playlists and of rejected albums and
    artists; `visible`: the requested tracks that the person may see; `unlisted`: tracks that lists leave out.
    """

    history: PlayHistory
    songs: Sequence[Sequence[str]] = ()
    excluded: Sequence[str] = ()
    visible: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()


def since(preferences: Preferences, now: float) -> float:
    """Return the beginning of the recency window in unix seconds."""
    return now - DAY * preferences.seed_recency_window_days


def seeds_for(wish: PlanRequest, data: PersonData, preferences: Preferences, now: float) -> list[Seed]:
    """Return the seeds of a mode, heaviest first."""
    wanted = [track_id for track_id in wish.positive_track_ids if track_id in data.visible]
    if wish.mode == "text":
        return make.with_positives([], wanted)
    if wish.mode == "custom":
        return make.with_positives(make.custom(data.songs), wanted)
    # A played audiobook must not bring audiobooks into a list of music; a person who wants them names one.
    history = data.history.without(data.unlisted)
    played = make.recent(history, since(preferences, now)) if wish.mode != "favorites" else []
    loved = make.favorites(history) if wish.mode != "recent" else []
    if wish.mode in {"all", "discovery"}:
        loved, played = make.blend(played, loved, preferences.favorites_blend_weight), []
    return make.with_positives([*played, *loved], wanted)


def plan(
    wish: PlanRequest,
    person: NavidromeUser,
    data: PersonData,
    albums: RatingEffects,
    artists: RatingEffects,
    preferences: Preferences,
    now: float,
) -> Plan:
    """Return the part of the search request that depends on the person (`now` in unix seconds)."""
    history = data.history
    excluded = [*wish.exclude_track_ids, *data.excluded]
    if wish.mode == "discovery":
        excluded += history.played
    return Plan(
        seeds=seeds_for(wish, data, preferences, now),
        library_ids=sorted(person.libraries),
        limit=wish.limit or preferences.mix_length,
        diversity=_diversity(wish, preferences),
        exclude_track_ids=list(dict.fromkeys(excluded)),
        disliked_track_ids=list(dict.fromkeys([*history.dislikes, *wish.negative_track_ids])),
        # Low ratings lower the same album or artist; similar tracks rank lower only if this request has dislikes.
        dislike_strength=preferences.low_rating_penalty if wish.negative_track_ids else 0.0,
        album_factors=dict(albums.factors),
        artist_factors=dict(artists.factors),
    )


def _diversity(wish: PlanRequest, preferences: Preferences) -> float:
    if wish.mode != "discovery":
        return preferences.base_diversity if wish.diversity is None else wish.diversity
    wanted = preferences.discovery_exploration if wish.diversity is None else wish.diversity
    return max(LEAST_EXPLORATION, wanted)
