"""`people.*` of the library: who a person is, what they listened to, and what that means for their lists."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Final, Literal

from contract.bounds import Ge, Le
from contract.fields import INTEGRAL, Between, Count
from contract.message import Message, message
from contract.search import MAX_LIMIT, Seed
from contract.track import VisibleTrack
from contract.warnings import Warned

Mode = Literal["recent", "favorites", "all", "discovery", "custom", "text"]
#: What a list can be around.
Kind = Literal["track", "album", "artist"]
#: Most daily mixes of a person.
MAX_DAILY: Final = 6

# Allowed values of a person's settings.
Length = Annotated[int, Between(10, 100), INTEGRAL]
Days = Annotated[int, Between(7, 120), INTEGRAL]
DailyMixes = Annotated[int, Between(0, MAX_DAILY), INTEGRAL]
Share = Annotated[float, Between(0, 1)]
FromLittle = Annotated[float, Between(0.3, 1)]
Weight = Annotated[float, Between(0.1, 1)]


@message
class PersonRequest(Message):
    """A user of Navidrome, by id if given, else by name."""

    user_name: str
    user_id: str | None = None


@message
class Person(Message):
    """A person. An empty `library_ids` means that they may see nothing; to the search it would mean everything."""

    id: str
    user_name: str
    is_admin: bool
    library_ids: list[int]


@message
class Preferences(Message):
    """All settings of a person, with their defaults. The last four concern the automatic mixes."""

    mix_length: Length = 25
    base_diversity: Share = 0.15
    discovery_exploration: FromLittle = 0.6
    seed_recency_window_days: Days = 60
    favorites_blend_weight: Weight = 0.85
    low_rating_penalty: FromLittle = 0.85
    daily_mixes: DailyMixes = 3
    discovery_mix: bool = True
    rediscover_mix: bool = True
    mix_size: Length = 40


@message
class PreferenceChanges(Message):
    """Settings to change; None: leave as is."""

    mix_length: Length | None = None
    base_diversity: Share | None = None
    discovery_exploration: FromLittle | None = None
    seed_recency_window_days: Days | None = None
    favorites_blend_weight: Weight | None = None
    low_rating_penalty: FromLittle | None = None
    daily_mixes: DailyMixes | None = None
    discovery_mix: bool | None = None
    rediscover_mix: bool | None = None
    mix_size: Length | None = None


@message
class PreferencesRequest(PersonRequest):
    """Changes to a person's settings."""

    changes: PreferenceChanges


@message
class PlanRequest(PersonRequest):
    """What a person asks for. `limit` and `diversity` None: the person's own."""

    mode: Mode
    song_ids: list[str] = field(default_factory=list)
    positive_track_ids: list[str] = field(default_factory=list)
    negative_track_ids: list[str] = field(default_factory=list)
    exclude_track_ids: list[str] = field(default_factory=list)
    exclude_playlist_ids: list[str] = field(default_factory=list)
    diversity: Share | None = None
    limit: Annotated[int, Ge(1), Le(MAX_LIMIT)] | None = None


@message
class Plan(Message):
    """The part of a `recommend` request that depends on the person; fields as in `recommend`."""

    seeds: list[Seed]
    library_ids: list[int]
    limit: int
    diversity: float = 0.0
    exclude_track_ids: list[str] = field(default_factory=list)
    disliked_track_ids: list[str] = field(default_factory=list)
    dislike_strength: float = 0.0
    album_factors: dict[str, float] = field(default_factory=dict)
    artist_factors: dict[str, float] = field(default_factory=dict)
    warnings: list[Warned] = field(default_factory=list)


@message
class AroundRequest(PersonRequest):
    """A track, album or artist."""

    kind: Kind
    id: str


@message
class Around(Message):
    """What to ask the search for similar tracks. `own_track_ids`: its tracks; `played_track_ids`: those played."""

    own_track_ids: list[str]
    played_track_ids: list[str]
    seeds: list[Seed]
    disliked_track_ids: list[str]
    library_ids: list[int]


@message
class VisibleRequest(PersonRequest):
    """Asks which of these tracks the person may see."""

    track_ids: list[str]


@message
class VisibleTracks(Message):
    """The tracks that the person may see, in order."""

    tracks: list[VisibleTrack]
    library_ids: list[int]


@message
class MixesKnown(Message):
    """The seeds and tracks of a person's mixes.

    `known`: number of tracks played or starred; `recent_track_ids`: last plays, newest first; `rediscover_track_ids`:
    loved, but not heard for six months.
    """

    settings: Preferences
    library_ids: list[int]
    known: Count
    recent_track_ids: list[str]
    rediscover_track_ids: list[str]
