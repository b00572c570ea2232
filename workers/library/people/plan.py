"""From what a person asks for to what the search is asked: seeds, what to leave out, what to weigh less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from contract.errors import InvalidRequest
from workers.library.params import Params
from workers.library.people import seeds as make
from workers.library.people.dislikes import Verdict
from workers.library.people.preferences import Preferences
from workers.library.people.records import Listening
from workers.library.people.seeds import Seed

Mode = Literal["recent", "favorites", "all", "discovery", "custom", "text"]
MODES: Final[tuple[Mode, ...]] = ("recent", "favorites", "all", "discovery", "custom", "text")
Fields = dict[str, Any]
#: Seconds of a day.
DAY: Final = 86_400.0
#: The least exploration of a discovery, on the scale of `diversity`.
LEAST_EXPLORATION: Final = 0.3


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for."""

    mode: Mode
    song_ids: Sequence[str] = ()
    positive_track_ids: Sequence[str] = ()
    negative_track_ids: Sequence[str] = ()
    exclude_track_ids: Sequence[str] = ()
    exclude_playlist_ids: Sequence[str] = ()
    diversity: float | None = None
    limit: int | None = None

    @classmethod
    def of(cls, params: Params) -> Wish:
        """Raises `InvalidRequest`."""
        mode = params.text("mode")
        if mode not in MODES:
            raise InvalidRequest(f"mode: one of {', '.join(MODES)} is expected", {"field": "mode", "allowed": [*MODES]})
        return cls(
            mode,
            params.texts("song_ids"),
            params.texts("positive_track_ids"),
            params.texts("negative_track_ids"),
            params.texts("exclude_track_ids"),
            params.texts("exclude_playlist_ids"),
            params.optional_number("diversity", 0, 1),
            params.integer("limit", 0, 0, 500) or None,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for a wish: the tracks of each of `song_ids`, those of the excluded playlists and of rejected
    albums and artists, which of the wished-for tracks the person may see, and which tracks lists leave out.
    """

    listening: Listening
    songs: Sequence[Sequence[str]] = ()
    excluded: Sequence[str] = ()
    visible: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()


def since(preferences: Preferences, now: float) -> float:
    """Unix seconds at which the recency window begins."""
    return now - DAY * preferences.seed_recency_window_days


def seeds_for(wish: Wish, known: Known, preferences: Preferences, now: float) -> list[Seed]:
    """The seeds of a mode, heaviest first."""
    wanted = [track_id for track_id in wish.positive_track_ids if track_id in known.visible]
    if wish.mode == "text":
        return make.with_positives([], wanted)
    if wish.mode == "custom":
        return make.with_positives(make.custom(known.songs), wanted)
    # A book that was heard brings no books into a list of music; who wants them names one.
    listening = known.listening.without(known.unlisted)
    played = make.recent(listening, since(preferences, now)) if wish.mode != "favorites" else []
    loved = make.favorites(listening) if wish.mode != "recent" else []
    if wish.mode in {"all", "discovery"}:
        loved, played = make.blend(played, loved, preferences.favorites_blend_weight), []
    return make.with_positives([*played, *loved], wanted)


def plan(wish: Wish, known: Known, albums: Verdict, artists: Verdict, preferences: Preferences, now: float) -> Fields:
    """The fields of `recommend` that follow from the person."""
    listening = known.listening
    seeds = seeds_for(wish, known, preferences, now)
    excluded = [*wish.exclude_track_ids, *known.excluded]
    if wish.mode == "discovery":
        excluded += listening.played
    return {
        "seeds": [_wire(seed) for seed in seeds],
        "limit": wish.limit or preferences.mix_length,
        "diversity": _diversity(wish, preferences),
        "exclude_track_ids": list(dict.fromkeys(excluded)),
        "disliked_track_ids": list(dict.fromkeys([*listening.dislikes, *wish.negative_track_ids])),
        # Low ratings sink what is of the same album or artist; what sounds alike sinks only when told so now.
        "dislike_strength": preferences.low_rating_penalty if wish.negative_track_ids else 0.0,
        "album_factors": dict(albums.factors),
        "artist_factors": dict(artists.factors),
    }


def _wire(seed: Seed) -> Mapping[str, Any]:
    return {"track_id": seed.track_id, "weight": seed.weight, "source": seed.source}


def _diversity(wish: Wish, preferences: Preferences) -> float:
    if wish.mode != "discovery":
        return preferences.base_diversity if wish.diversity is None else wish.diversity
    asked = preferences.discovery_exploration if wish.diversity is None else wish.diversity
    return max(LEAST_EXPLORATION, asked)
