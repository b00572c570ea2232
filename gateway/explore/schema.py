"""Schemas of the console's part for people, in camelCase like the rest of `/api/recommendations`."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from contract.bounds import MaxLen, MinLen
from contract.browse import MAX_FINDS, ChipKind
from contract.fields import INTEGRAL, Count, Doc, FailFast, Label, Name, NullIs, NullIsEmpty, Positive, Share, Text
from contract.labels import TrackLabel
from contract.message import message
from contract.people import Mode
from contract.search import MAX_LIMIT, MergeStrategy, Penalty, SearchOptions
from contract.track import VisibleTrack
from contract.warnings import WarningCode
from gateway.http.camel import CamelBody, CamelResponse
from gateway.http.schema import Ids, RequestBody
from gateway.people.schema import MAX_SAVED, CamelRequest, ListedPlaylist
from gateway.playlist.schema import Playlists, Prompts

#: Most chips, and the lowest and highest weight of one.
MAX_SEEDS: Final = 50
LEAST_WEIGHT: Final = 0.1
MOST_WEIGHT: Final = 3.0

SeedKind = ChipKind | Literal["text"]
Sign = Literal["plus", "minus"]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), INTEGRAL]
Warnings = Annotated[list[str], Doc("what had no effect, or is less than was asked for")]
WarningCodes = Annotated[list[WarningCode], Doc("the code of each warning, at the same place")]


class ExploreQuery(RequestBody):
    """What to look for."""

    q: str = Field("", max_length=512, description="words, an id; empty: examples")
    limit: Annotated[int, Field(ge=1, le=MAX_FINDS), INTEGRAL] = Field(8, description="most finds of each kind")


@message
class Seen(VisibleTrack, CamelResponse):
    """A track that the person may see."""


@message
class SeenAlbum(CamelResponse):
    """An album, and how many of its tracks the person may see."""

    id: str
    name: str
    artist: str
    artist_id: str
    tracks: int


@message
class SeenGroup(CamelResponse):
    """An artist or a genre, and how many of their tracks the person may see."""

    id: str
    name: str
    tracks: int


@message
class Words(CamelResponse):
    """Whether words can be a seed, the model that reads them, else why none does."""

    able: bool
    model: str | None
    reason: str | None


@message
class Example(CamelResponse):
    """Something that this library answers well. `id` of a genre or artist; `negative`: words to avoid with it."""

    kind: Literal["text", "genre", "artist"]
    text: str
    id: str | None = None
    negative: str | None = None


@message
class Finds(CamelResponse):
    """What matches, best first; with an empty query, examples."""

    query: str
    tracks: list[Seen]
    albums: list[SeenAlbum]
    artists: list[SeenGroup]
    genres: list[SeenGroup]
    words: Words
    examples: list[Example]


@message
class ListSeed(CamelBody):
    """A chip: something that the list should resemble, or not resemble."""

    kind: Annotated[SeedKind, Doc("of a text, `id` is the text itself")]
    id: Annotated[Text, MinLen(1)]
    sign: Annotated[Sign, Doc("a text is always plus: words to avoid are `negativePrompts`")] = "plus"
    weight: Annotated[float, Field(ge=LEAST_WEIGHT, le=MOST_WEIGHT), Doc("how much it counts beside the others")] = 1.0


@message
class Locked(CamelBody):
    """A row that stays where it is."""

    id: Label
    place: Annotated[int, Field(ge=0, lt=MAX_LIMIT), INTEGRAL, Doc("counts from 0")]


@message
class ListRequest(SearchOptions, CamelBody):
    """What a person wants in a list; everything is optional."""

    mode: Annotated[Mode, Doc("where seeds come from besides the chips; custom and text: from nowhere else")] = "custom"
    name: Annotated[Name | None, Doc("what the list is called")] = None
    seeds: Annotated[list[ListSeed], MaxLen(MAX_SEEDS), FailFast, NullIsEmpty] = field(default_factory=list)
    limit: Annotated[Limit | None, Doc("rows; absent: mixLength")] = None
    diversity: Annotated[Share | None, Doc("absent: baseDiversity")] = None
    locked: Annotated[list[Locked], MaxLen(MAX_LIMIT), FailFast, NullIsEmpty] = field(default_factory=list)
    removed_ids: Annotated[Ids, Doc("never in the list")] = field(default_factory=list)
    exclude_track_ids: Annotated[Ids, Doc("never in the list, either")] = field(default_factory=list)
    exclude_playlist_ids: Annotated[Playlists, Doc("their tracks are left out")] = field(default_factory=list)
    negative_prompts: Annotated[Prompts, Doc("words to avoid")] = field(default_factory=list)
    merge_strategy: Annotated[MergeStrategy, NullIs(lambda: "union")] = "union"
    min_model_agreement: Annotated[Positive, NullIs(lambda: 1)] = 1
    negative_prompt_penalty: Annotated[Penalty, NullIs(lambda: 0.85)] = 0.85


@message
class ListRow(VisibleTrack, CamelResponse):
    """A row of a list. A locked row that the search did not return has no score."""

    place: int
    locked: bool
    score: float | None
    reason: str | None
    models: list[str]
    negative_similarity: float | None
    labels: Annotated[list[TrackLabel], Doc("what tells it from other tracks, most telling first, at most 4")]


@message
class UsedSeed(CamelResponse):
    """A chip as it was understood. `tracks`: how many there are in all; `found` false: it had no effect."""

    kind: SeedKind
    id: str
    sign: Sign
    weight: float
    name: str
    artist: str
    tracks: Count
    found: bool


@message
class PersonList(CamelResponse):
    """A list for a person; `trackIds` are those of `rows`."""

    name: str
    mode: Mode
    track_ids: list[str]
    rows: list[ListRow]
    seeds: list[UsedSeed]
    diversity: float
    limit: int
    warnings: Warnings
    warning_codes: WarningCodes


class M3uRequest(CamelRequest):
    """A list to write as a file."""

    name: Name = ""
    track_ids: Annotated[list[Label], Field(min_length=1, max_length=MAX_SAVED, fail_fast=True)]


class AppendRequest(CamelRequest):
    """Tracks to add at the end of a playlist."""

    track_ids: Annotated[list[Label], Field(min_length=1, max_length=MAX_SAVED, fail_fast=True)]


@message
class ListedPlaylists(CamelResponse):
    """The playlists that the person may see, their own first."""

    playlists: list[ListedPlaylist]


class CoverQuery(RequestBody):
    """The size of a cover in pixels, on its longer side."""

    size: Annotated[int, Field(ge=16, le=1200), INTEGRAL] = Field(300)


class StreamQuery(RequestBody):
    """The form of the audio."""

    format: Literal["raw", "mp3", "opus"] = Field("raw", description="raw: the file itself, with Range")


class PlayedRequest(CamelRequest):
    """What happened to a track."""

    state: Literal["playing", "played"] = Field(description="it began, or it was heard")
    at: float | None = Field(None, ge=0, le=1e11, description="when it began, in unix seconds; absent: now")


@message
class Reported(CamelResponse):
    """Navidrome accepted the report."""

    reported: bool = True


@message
class DescribedSetting(CamelResponse):
    """A setting of a person with its range. A switch has neither range nor step."""

    name: str
    group: Literal["lists", "mixes"]
    kind: Literal["whole", "number", "switch"]
    value: float | bool
    default: float | bool
    least: float | None
    most: float | None
    step: float | None
    meaning: str


@message
class DescribedSettings(CamelResponse):
    """All settings of a person."""

    settings: list[DescribedSetting]


@message
class ChangedSettings(DescribedSettings):
    """All settings after a change; `previous`: the values before it, of those that changed. Send it to undo."""

    previous: dict[str, Any]


@message
class TodaysMix(CamelResponse):
    """A mix, and the person's tracks that it is made of. `setting`: what switches it on and off."""

    key: str
    name: str
    meaning: str
    on: bool
    setting: str
    rows: list[Seen]
    made_of: list[Seen]


@message
class TodaysMixes(CamelResponse):
    """The mixes of `day`. `known`: tracks played or starred; `enough`: whether they are enough for mixes."""

    day: str
    known: int
    enough: bool
    mixes: list[TodaysMix]
