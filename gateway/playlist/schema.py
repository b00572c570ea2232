"""Schemas of `POST /playlist/{mode}`: the search's options, and what HTTP adds to them."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Final

from pydantic import Field

import contract.search
from contract.bounds import MaxLen
from contract.fields import Doc, FailFast, Name, NullIsEmpty, Text
from contract.message import message
from contract.search import MAX_NEGATIVE, MAX_SEEDS, PlaylistOptions
from contract.warnings import WarningCode
from gateway.http.schema import Ids, MessageBody, ResponseBody, Timestamp

#: Most playlists to exclude.
MAX_PLAYLISTS: Final = 1_000

Playlists = Annotated[list[Name], MaxLen(MAX_PLAYLISTS), FailFast, NullIsEmpty]
Prompts = Annotated[list[Text], MaxLen(MAX_NEGATIVE), FailFast, NullIsEmpty]


@message
class Seed(contract.search.Seed, MessageBody):
    """What the list should resemble: a track of the library, or a text, in words or as a vector."""

    track_id: Name
    played_at: Timestamp | None = None


Seeds = Annotated[list[Seed], MaxLen(MAX_SEEDS), FailFast, NullIsEmpty]


@message
class PlaylistRequest(PlaylistOptions, MessageBody):
    """A request for a list: the user, the seeds, the number of tracks and what to leave out."""

    user_id: Name
    user_name: Name
    mode: Annotated[Name, Doc("overridden by the path")] = ""
    text: Annotated[Text | None, Doc("what the list should be like, in words; one more seed")] = None
    # A list of a Seed subclass; safe because nobody changes it.
    seeds: Seeds = field(default_factory=list)  # type: ignore[assignment]
    exclude_track_ids: Annotated[Ids, Doc("never returned")] = field(default_factory=list)
    disliked_track_ids: Annotated[Ids, Doc("never returned; similar tracks rank lower")] = field(default_factory=list)
    disliked_artist_ids: Annotated[Ids, Doc("the same for all tracks of these artists")] = field(default_factory=list)
    exclude_playlist_ids: Annotated[Playlists, Doc("playlists whose tracks are never returned")] = field(
        default_factory=list
    )
    negative_prompts: Annotated[Prompts, Doc("texts of what to avoid")] = field(default_factory=list)


# The class name is one of `/openapi.json`, so it stays.
class Track(ResponseBody):
    """One track of the list."""

    track_id: str
    score: float = Field(description="0: an unrelated pair of this library; 1: the same recording")
    reason: str | None = None
    models: list[str] | None = None
    negative_similarity: float | None = None


class Playlist(ResponseBody):
    """A list, best first, without seeds, exclusions or duplicates."""

    tracks: list[Track]
    warnings: list[str] = Field(description="what had no effect, and why the list is shorter than asked for")
    warning_codes: list[WarningCode] = Field(description="the code of each warning, in the same order")
