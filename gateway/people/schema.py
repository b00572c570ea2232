"""`/api/recommendations/*`, `/api/similar/*`, `/api/path`: camelCase, as pages of Navidrome write it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from contract.fields import Doc
from contract.message import message
from contract.people import PreferenceChanges, Preferences
from contract.search import MAX_LIMIT, MAX_PATH
from contract.track import VisibleTrack
from contract.warnings import WarningCode
from gateway.http.camel import CamelAnswer, CamelBody
from gateway.http.schema import (
    INTEGRAL,
    MAX_MODELS,
    MAX_NAME,
    MAX_TEXT,
    FewEntries,
    Ids,
    Integer,
    Label,
    ModelName,
    Models,
    Name,
    NullIsEmpty,
    Positive,
    Request,
)
from gateway.playlist.schema import MAX_NEGATIVE, MAX_PLAYLISTS

#: Most artists of one answer.
MAX_ARTISTS = 100
#: Most songs or albums that a list is made of, and tracks that are saved at once.
MAX_SONGS = 500
MAX_SAVED = 1_000

Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), INTEGRAL]
Songs = Annotated[list[Name], Field(max_length=MAX_SONGS, fail_fast=True), NullIsEmpty]


class CamelRequest(Request):
    """A body in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


class MixRequest(CamelRequest):
    """What a person wants of a list; everything is optional."""

    limit: Limit | None = Field(None, description="most tracks; absent: mixLength")
    song_ids: Songs = Field([], description="songs or albums that *custom* starts from")
    name: Name | None = Field(None, description="what the list is called")
    diversity: float | None = Field(None, ge=0, le=1, description="absent: baseDiversity")
    exclude_track_ids: Ids = Field([], description="never returned")
    exclude_playlist_ids: Annotated[list[Name], Field(max_length=MAX_PLAYLISTS, fail_fast=True), NullIsEmpty] = Field(
        [], description="their tracks are never returned; only playlists that the person may see"
    )
    positive_track_ids: Songs = Field([], description="more like these")
    negative_track_ids: Songs = Field([], description="never these, and less like them")
    models: Models | None = Field(None, description="spaces to search; absent: SONICMESH_DEFAULT_MODEL")
    merge_strategy: Literal["union", "intersection", "priority"] | None = None
    model_priorities: Annotated[dict[ModelName, Integer], Field(max_length=MAX_MODELS), FewEntries] | None = None
    min_model_agreement: Positive | None = None
    negative_prompts: Annotated[
        list[Annotated[str, Field(max_length=MAX_TEXT)]], Field(max_length=MAX_NEGATIVE, fail_fast=True), NullIsEmpty
    ] = Field([], description="texts of what to avoid")
    negative_prompt_penalty: float | None = Field(None, ge=0.3, le=1, description="lower: stronger; 1: none")
    text: Annotated[str, Field(max_length=MAX_TEXT)] | None = Field(None, description="what *text* looks for")
    model: ModelName | None = Field(None, description="which model reads the text")


@message
class PersonTrack(VisibleTrack, CamelAnswer):
    """A track of a list for a person."""

    score: float
    reason: str | None
    models: list[str]
    negative_similarity: float | None


@message
class Told(CamelAnswer):
    """What had no effect, or is less than was asked for: messages, and the code of each at the same place."""

    warnings: list[str]
    warning_codes: list[WarningCode]


@message
class Similar(Told):
    """What sounds like a track, album or artist, best first; `trackIds` are those of `tracks`."""

    track_ids: list[str]
    tracks: list[PersonTrack]


@message
class Mix(Similar):
    """A list for a person; `trackIds` are those of `tracks`."""

    name: str
    mode: str


@message
class SettingsChange(PreferenceChanges, CamelBody):
    """What is to change; what is absent stays."""


@message
class PersonSettings(Preferences, CamelAnswer):
    """All settings of a person."""


class SaveRequest(CamelRequest):
    """A list that becomes a playlist of Navidrome."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    track_ids: Annotated[list[Label], Field(min_length=1, max_length=MAX_SAVED, fail_fast=True)]
    playlist_id: Label | None = Field(None, description="the playlist to replace; absent: a new one")
    comment: Annotated[str, Field(max_length=MAX_TEXT)] | None = None
    public: bool | None = None


@message
class SavedPlaylist(CamelAnswer):
    """What Navidrome made of it."""

    playlist_id: str
    name: str
    saved: int
    dropped: Annotated[list[str], Doc("tracks that Navidrome left out")]


class CountQuery(Request):
    """How many."""

    count: Limit = 25


class ArtistsQuery(Request):
    """How many artists."""

    count: Annotated[int, Field(ge=1, le=MAX_ARTISTS), INTEGRAL] = Field(20)


@message
class SimilarArtist(CamelAnswer):
    """An artist and how close the nearest of their tracks are."""

    id: str
    name: str
    score: float


@message
class SimilarArtists(Told):
    """Artists, nearest first."""

    artists: list[SimilarArtist]


class PathQuery(Request):
    """Both ends and how many tracks with them."""

    start: Name = Field(alias="from", min_length=1)
    end: Name = Field(alias="to", min_length=1)
    count: Annotated[int, Field(ge=2, le=MAX_PATH), INTEGRAL] = Field(25)


@message
class PathTrack(VisibleTrack, CamelAnswer):
    """One step; `similarity` is to the start."""

    similarity: float


@message
class Path(Told):
    """The way from one track to another, both included; `trackIds` are those of `tracks`."""

    track_ids: list[str]
    tracks: list[PathTrack]
