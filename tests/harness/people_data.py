"""Short ways to say what a person did."""

from __future__ import annotations

from workers.library.people.records import PlayedTrack, PlayHistory

#: Unix seconds of the tests' present.
NOW = 1_800_000_000.0
DAY = 86_400.0


def heard(
    track_id: str,
    *,
    days: float | None = None,
    rating: int = 0,
    loved: float | None = None,
    of: str = "a",
    by: str = "b",
) -> PlayedTrack:
    """A track of album `of` by artist `by`, played `days` ago (None: never), starred or rated `loved` days ago."""
    return PlayedTrack(
        track_id,
        of,
        by,
        played=days is not None,
        played_at=NOW - DAY * days if days is not None else 0.0,
        rating=rating,
        starred=loved is not None and not rating,
        loved_at=NOW - DAY * loved if loved is not None else 0.0,
    )


def history(*tracks: PlayedTrack) -> PlayHistory:
    """Of these tracks, without opinions on albums and artists."""
    return PlayHistory({each.track_id: each for each in tracks})


#: Least and most of every setting of a person that is a number.
RANGES = {
    "mix_length": (10, 100),
    "base_diversity": (0, 1),
    "discovery_exploration": (0.3, 1),
    "seed_recency_window_days": (7, 120),
    "favorites_blend_weight": (0.1, 1),
    "low_rating_penalty": (0.3, 1),
    "daily_mixes": (0, 6),
    "mix_size": (10, 100),
}
