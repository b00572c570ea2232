"""Schemas of `POST /plugin/{function}`: Navidrome's input, which the plugin passes on unchanged, and the output."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from contract.fields import Integer, Name, NullIsEmpty
from contract.library import MAX_DURATION
from contract.message import message
from gateway.http.camel import CamelResponse
from gateway.http.schema import RequestBody

#: Longest title or name, in characters: tags may be long, and a long one must not make the request fail.
MAX_TEXT: Final = 100_000
#: Most users in one request for mixes.
MAX_USERS: Final = 100

Text = Annotated[str, Field(max_length=MAX_TEXT)]


class Song(RequestBody):
    """A song as Navidrome knows it. `duration` is in seconds, 0 if unknown."""

    id: Text = ""
    name: Text = ""
    artist: Text = ""
    album: Text = ""
    duration: float = Field(0.0, ge=0, le=MAX_DURATION)


class SimilarTracks(RequestBody):
    """Input of `nd_get_sonic_similar_tracks`."""

    song: Song
    count: Integer = 0


class SonicPath(RequestBody):
    """Input of `nd_find_sonic_path`."""

    start: Song = Field(alias="startSong")
    end: Song = Field(alias="endSong")
    count: Integer = 0


class SimilarSongs(RequestBody):
    """Input of `nd_get_similar_songs_by_track|album|artist`: id and name are those of a track, album or artist."""

    id: Text = ""
    name: Text = ""
    artist: Text = ""
    count: Integer = 0


class SimilarArtistsAsked(RequestBody):
    """Input of `nd_get_similar_artists`."""

    id: Text = ""
    name: Text = ""
    limit: Integer = 0


class MixesRequest(RequestBody):
    """Input of `mixes`. `waiting`: the users have mixes of a part of the library and wait for those of all of it."""

    user_names: Annotated[list[Name], Field(max_length=MAX_USERS, fail_fast=True), NullIsEmpty] = Field(
        [], alias="userNames"
    )
    waiting: bool = False


@message
class KnownSong(CamelResponse):
    """A song that Navidrome can find in its database: by id, else by title, artist, album and duration."""

    id: str
    name: str
    artist: str
    album: str
    duration: float
    duration_ms: int


@message
class MatchedSong(CamelResponse):
    """A song and how similar it is, from 0 to 1."""

    song: KnownSong
    similarity: float


@message
class MatchedSongs(CamelResponse):
    """Output of `nd_get_sonic_similar_tracks` and `nd_find_sonic_path`."""

    matches: list[MatchedSong]


@message
class Songs(CamelResponse):
    """Output of `nd_get_similar_songs_by_track|album|artist`."""

    songs: list[KnownSong]


@message
class KnownArtist(CamelResponse):
    """An artist that Navidrome can find in its database."""

    id: str
    name: str


@message
class Artists(CamelResponse):
    """Output of `nd_get_similar_artists`."""

    artists: list[KnownArtist]


@message
class WrittenMix(CamelResponse):
    """A playlist to write. `mark` is part of its comment and identifies it, whatever its id and name."""

    key: str
    name: str
    comment: str
    mark: str
    song_ids: list[str]


@message
class UnwantedMix(CamelResponse):
    """A mix that the person does not want."""

    key: str
    mark: str


@message
class UserMixes(CamelResponse):
    """A person's mixes on `day`; `off` lists those that they do not want."""

    user_name: str
    day: str
    mixes: list[WrittenMix]
    off: list[UnwantedMix]


@message
class Mixes(CamelResponse):
    """Output of `mixes`; other functions return the format of Navidrome's plugin interface, or null.

    `againSeconds`: while the library is being embedded, seconds after which better mixes may exist; 0 if there will be
    none.
    """

    users: list[UserMixes]
    again_seconds: int
