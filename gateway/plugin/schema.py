"""`POST /plugin/{function}`: what Navidrome's plugin hands over, as Navidrome wrote it, and what it gets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contract.fields import Integer, Name, NullIsEmpty
from contract.library import MAX_DURATION
from contract.message import message
from gateway.http.camel import CamelAnswer
from gateway.http.schema import Request

#: Longest title or name that is looked at, in characters: tags may be long, and none of them may cost an answer.
MAX_TEXT = 100_000
#: Most people whose mixes are asked for at once.
MAX_USERS = 100

Text = Annotated[str, Field(max_length=MAX_TEXT)]


class Song(Request):
    """A song as Navidrome knows it. `duration` in seconds, 0: not told."""

    id: Text = ""
    name: Text = ""
    artist: Text = ""
    album: Text = ""
    duration: float = Field(0.0, ge=0, le=MAX_DURATION)


class SimilarTracks(Request):
    """Input of `nd_get_sonic_similar_tracks`."""

    song: Song
    count: Integer = 0


class SonicPath(Request):
    """Input of `nd_find_sonic_path`."""

    start: Song = Field(alias="startSong")
    end: Song = Field(alias="endSong")
    count: Integer = 0


class SimilarSongs(Request):
    """Input of `nd_get_similar_songs_by_track|album|artist`: id and name are those of a track, album or artist."""

    id: Text = ""
    name: Text = ""
    artist: Text = ""
    count: Integer = 0


class SimilarArtistsAsked(Request):
    """Input of `nd_get_similar_artists`."""

    id: Text = ""
    name: Text = ""
    limit: Integer = 0


class MixesRequest(Request):
    """Input of `mixes`: whose playlists. `waiting`: they have some of a part of the library, and want those of all."""

    user_names: Annotated[list[Name], Field(max_length=MAX_USERS, fail_fast=True), NullIsEmpty] = Field(
        [], alias="userNames"
    )
    waiting: bool = False


@message
class KnownSong(CamelAnswer):
    """A song as Navidrome finds it in its database: by id, else by title, artist, album and length."""

    id: str
    name: str
    artist: str
    album: str
    duration: float
    duration_ms: int


@message
class MatchedSong(CamelAnswer):
    """A song and how similar it is, from 0 to 1."""

    song: KnownSong
    similarity: float


@message
class MatchedSongs(CamelAnswer):
    """Answer of `nd_get_sonic_similar_tracks` and `nd_find_sonic_path`."""

    matches: list[MatchedSong]


@message
class Songs(CamelAnswer):
    """Answer of `nd_get_similar_songs_by_track|album|artist`."""

    songs: list[KnownSong]


@message
class KnownArtist(CamelAnswer):
    """An artist as Navidrome finds them in its database."""

    id: str
    name: str


@message
class Artists(CamelAnswer):
    """Answer of `nd_get_similar_artists`."""

    artists: list[KnownArtist]


@message
class WrittenMix(CamelAnswer):
    """A playlist to write. `mark` stands in its comment and tells it from every other, whatever its id and name."""

    key: str
    name: str
    comment: str
    mark: str
    song_ids: list[str]


@message
class UnwantedMix(CamelAnswer):
    """A mix that the person does not want."""

    key: str
    mark: str


@message
class UserMixes(CamelAnswer):
    """The mixes of a person on `day`; `off`: those that they do not want."""

    user_name: str
    day: str
    mixes: list[WrittenMix]
    off: list[UnwantedMix]


@message
class Mixes(CamelAnswer):
    """Answer of `mixes`; those of the other functions are as Navidrome's plugin interface has them, or null.

    `againSeconds`: the library is still being embedded; after so many seconds better mixes may be there. 0: it is done.
    """

    users: list[UserMixes]
    again_seconds: int
