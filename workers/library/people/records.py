"""What is known about a person: who they are, what they may see, what they played and how they rated it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

#: A rating of this many stars or fewer is a dislike.
DISLIKED: Final = 2
#: An album or artist with this many stars or more is loved, however its tracks are rated.
LOVED: Final = 4


@dataclass(frozen=True, slots=True)
class NavidromeUser:
    """A user of Navidrome and the libraries they may see."""

    id: str
    user_name: str
    is_admin: bool
    libraries: frozenset[int]


@dataclass(frozen=True, slots=True)
class PlayedTrack:
    """A track that a person played, rated or starred. Times are unix seconds (0: unknown). `rating` 0: none.

    `played_at` is the last play; `album_id` and `artist_id` are empty if they mean nothing ("unknown artist").
    """

    track_id: str
    album_id: str
    artist_id: str
    played: bool = False
    played_at: float = 0.0
    rating: int = 0
    starred: bool = False
    loved_at: float = 0.0

    @property
    def disliked(self) -> bool:
        return 0 < self.rating <= DISLIKED

    @property
    def favorite(self) -> bool:
        """Whether it is starred or rated above two, and not a dislike."""
        return not self.disliked and (self.starred or self.rating > DISLIKED)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person thinks of an album or artist as a whole."""

    rating: int = 0
    starred: bool = False
    loved_at: float = 0.0

    @property
    def disliked(self) -> bool:
        return 0 < self.rating <= DISLIKED

    @property
    def loved(self) -> bool:
        return self.starred or self.rating >= LOVED


@dataclass(frozen=True, slots=True)
class PlayHistory:
    """Everything a person played, rated and starred in the libraries they may see, by id.

    `members` are the tracks of starred albums and artists, by kind (`album`, `artist`) and id.
    """

    tracks: Mapping[str, PlayedTrack] = field(default_factory=dict)
    albums: Mapping[str, Opinion] = field(default_factory=dict)
    artists: Mapping[str, Opinion] = field(default_factory=dict)
    members: Mapping[tuple[str, str], list[str]] = field(default_factory=dict)

    def without(self, track_ids: frozenset[str]) -> PlayHistory:
        """Return everything except these tracks."""
        if not track_ids:
            return self
        return replace(
            self,
            tracks={key: heard for key, heard in self.tracks.items() if key not in track_ids},
            members={key: [i for i in ids if i not in track_ids] for key, ids in self.members.items()},
        )

    @property
    def dislikes(self) -> list[str]:
        """The tracks rated one or two."""
        return [heard.track_id for heard in self.tracks.values() if heard.disliked]

    @property
    def played(self) -> list[str]:
        """The tracks that were ever played."""
        return [heard.track_id for heard in self.tracks.values() if heard.played]
