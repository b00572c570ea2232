"""`POST /playlist/{mode}`: what a list is made from, and what HTTP adds to it."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Final

from annotated_types import MaxLen
from pydantic import Field

import contract.search
from contract.fields import Doc, FailFast, Name, NullIsEmpty, Text
from contract.message import message
from contract.search import MAX_NEGATIVE, MAX_SEEDS, PlaylistOptions
from contract.warnings import WarningCode
from gateway.http.schema import Answer, Body, Ids, Timestamp

#: Most playlists whose tracks are left out.
MAX_PLAYLISTS: Final = 1_000
#: Modes that the metrics tell apart; every other name is a label like them.
MODES: Final = ("recent", "favorites", "all", "discovery", "custom", "text", "playlists")

Playlists = Annotated[list[Name], MaxLen(MAX_PLAYLISTS), FailFast, NullIsEmpty]
Prompts = Annotated[list[Text], MaxLen(MAX_NEGATIVE), FailFast, NullIsEmpty]


@message
class Seed(contract.search.Seed, Body):
    """What the answer shall be like: a track of the library, or a vector of a text."""

    track_id: Name
    played_at: Timestamp | None = None


Seeds = Annotated[list[Seed], MaxLen(MAX_SEEDS), FailFast, NullIsEmpty]


@message
class PlaylistRequest(PlaylistOptions, Body):
    """Who asks for how many tracks like what, and what to leave out."""

    user_id: Name
    user_name: Name
    mode: Annotated[Name, Doc("overridden by the path")] = ""
    # A list of seeds that know more, which nobody changes.
    seeds: Seeds = field(default_factory=list)  # type: ignore[assignment]
    exclude_track_ids: Annotated[Ids, Doc("never returned")] = field(default_factory=list)
    disliked_track_ids: Annotated[Ids, Doc("what is near them is down-ranked; never returned")] = field(
        default_factory=list
    )
    disliked_artist_ids: Annotated[Ids, Doc("likewise, all tracks of them")] = field(default_factory=list)
    exclude_playlist_ids: Annotated[Playlists, Doc("their tracks are never returned")] = field(default_factory=list)
    negative_prompts: Annotated[Prompts, Doc("texts of what to avoid")] = field(default_factory=list)


class Track(Answer):
    """One track of the answer."""

    track_id: str
    score: float = Field(description="0: an unrelated pair of this library; 1: the same recording")
    reason: str | None = None
    models: list[str] | None = None
    negative_similarity: float | None = None


class Playlist(Answer):
    """Best first; no seed, nothing excluded, nothing twice."""

    tracks: list[Track]
    warnings: list[str] = Field(description="what had no effect, and why the list is shorter than asked")
    warning_codes: list[WarningCode] = Field(description="the code of each warning, at the same place")
