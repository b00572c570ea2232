"""Schemas of `/api/recommendations/*`, `/api/similar/*` and `/api/path`, in camelCase like Navidrome's pages."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Final

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from contract.fields import (
    INTEGRAL,
    MAX_NAME,
    MAX_TEXT,
    Doc,
    Label,
    ModelName,
    Name,
    NullIs,
    NullIsEmpty,
    Positive,
    Share,
    Text,
)
from contract.message import message
from contract.people import Mode, PreferenceChanges, Preferences
from contract.search import MAX_LIMIT, MAX_PATH, MergeStrategy, Penalty, SearchOptions
from contract.track import VisibleTrack
from contract.warnings import WarningCode
from gateway.http.camel import CamelBody, CamelResponse
from gateway.http.schema import Ids, RequestBody
from gateway.playlist.schema import Playlists, Prompts

#: Most artists in one response.
MAX_ARTISTS: Final = 100
#: Most songs or albums to make a list from, and most tracks to save at once.
MAX_SONGS: Final = 500
MAX_SAVED: Final = 1_000

Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), INTEGRAL]
Songs = Annotated[list[Name], Field(max_length=MAX_SONGS, fail_fast=True), NullIsEmpty]

Warnings = Annotated[list[str], Doc("what had no effect or was only partly possible")]
WarningCodes = Annotated[list[WarningCode], Doc("the code of each warning, in the same order")]


class CamelRequest(RequestBody):
    """A body in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


@message
class MixRequest(SearchOptions, CamelBody):
    """What a person wants in a list; everything is optional."""

    limit: Annotated[Limit | None, Doc("most tracks; absent: mixLength")] = None
    song_ids: Annotated[Songs, Doc("songs or albums that *custom* starts from")] = field(default_factory=list)
    name: Annotated[Name | None, Doc("what the list is called")] = None
    diversity: Annotated[Share | None, Doc("absent: baseDiversity")] = None
    exclude_track_ids: Annotated[Ids, Doc("never returned")] = field(default_factory=list)
    exclude_playlist_ids: Annotated[
        Playlists, Doc("playlists that the person may see; their tracks are never returned")
    ] = field(default_factory=list)
    positive_track_ids: Annotated[Songs, Doc("more like these")] = field(default_factory=list)
    negative_track_ids: Annotated[Songs, Doc("never returned; similar tracks rank lower")] = field(default_factory=list)
    # Pages send null for options that nobody chose.
    merge_strategy: Annotated[MergeStrategy, NullIs(lambda: "union")] = "union"
    min_model_agreement: Annotated[Positive, NullIs(lambda: 1)] = 1
    negative_prompt_penalty: Annotated[Penalty, NullIs(lambda: 0.85)] = 0.85
    negative_prompts: Annotated[Prompts, Doc("texts of what to avoid")] = field(default_factory=list)
    text: Annotated[Text | None, Doc("what *text* looks for")] = None
    model: Annotated[ModelName | None, Doc("which model reads the text")] = None


@message
class PersonTrack(VisibleTrack, CamelResponse):
    """A track in a person's list."""

    score: float
    reason: str | None
    models: list[str]
    negative_similarity: float | None


@message
class Similar(CamelResponse):
    """Tracks that sound like a track, album or artist, best first; `trackIds` are those of `tracks`."""

    track_ids: list[str]
    tracks: list[PersonTrack]
    warnings: Warnings
    warning_codes: WarningCodes


@message
class Mix(CamelResponse):
    """A list for a person; `trackIds` are those of `tracks`."""

    name: str
    mode: Mode
    track_ids: list[str]
    tracks: list[PersonTrack]
    warnings: Warnings
    warning_codes: WarningCodes


@message
class SettingsChange(PreferenceChanges, CamelBody):
    """The settings to change; absent ones stay."""


@message
class PersonSettings(Preferences, CamelResponse):
    """All settings of a person."""


class SaveRequest(CamelRequest):
    """A list to save as a playlist in Navidrome."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    track_ids: Annotated[list[Label], Field(min_length=1, max_length=MAX_SAVED, fail_fast=True)]
    playlist_id: Label | None = Field(None, description="the playlist to replace; absent: a new one")
    comment: Annotated[str, Field(max_length=MAX_TEXT)] | None = None
    public: bool | None = None


@message
class SavedPlaylist(CamelResponse):
    """The playlist as Navidrome saved it."""

    playlist_id: str
    name: str
    saved: int
    dropped: Annotated[list[str], Doc("tracks that Navidrome left out")]


@message
class ListedPlaylist(CamelResponse):
    """A playlist that the person may see. `own`: it is theirs; `writable`: and no rules make it."""

    id: str
    name: str
    comment: str
    tracks: int
    duration: float
    public: bool
    owner: str
    own: bool
    writable: bool


class CountQuery(RequestBody):
    """How many tracks."""

    count: Limit = 25


class ArtistsQuery(RequestBody):
    """How many artists."""

    count: Annotated[int, Field(ge=1, le=MAX_ARTISTS), INTEGRAL] = Field(20)


@message
class SimilarArtist(CamelResponse):
    """An artist and how close the nearest of their tracks are."""

    id: str
    name: str
    score: float


@message
class SimilarArtists(CamelResponse):
    """Artists, nearest first."""

    artists: list[SimilarArtist]
    warnings: Warnings
    warning_codes: WarningCodes


class PathQuery(RequestBody):
    """Both ends, and how many tracks including them."""

    start: Name = Field(alias="from", min_length=1)
    end: Name = Field(alias="to", min_length=1)
    count: Annotated[int, Field(ge=2, le=MAX_PATH), INTEGRAL] = Field(25)


@message
class PathTrack(VisibleTrack, CamelResponse):
    """One step; `similarity` is its similarity to the start."""

    similarity: float


@message
class Path(CamelResponse):
    """A path from one track to another, both included; `trackIds` are those of `tracks`."""

    track_ids: list[str]
    tracks: list[PathTrack]
    warnings: Warnings
    warning_codes: WarningCodes
