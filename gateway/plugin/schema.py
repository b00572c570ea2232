"""`POST /plugin/{function}`: what Navidrome's plugin hands over, as Navidrome wrote it, and what it gets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.http.schema import Answer, Integer, Name, NullIsEmpty, Request

#: Longest title or name that is looked at, in characters: tags may be long, and none of them may cost an answer.
MAX_TEXT = 100_000
#: Longest duration that is looked at, in seconds.
MAX_DURATION = 1e9
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


class WrittenMix(Answer):
    """A playlist of a person, `mark` a part of its comment and of no other's; one that they do not want has no more."""

    key: str
    name: str = ""
    comment: str = ""
    mark: str
    song_ids: list[str] = Field([], alias="songIds")


class UserMixes(Answer):
    """The playlists of one person, the same all day; `off` are those that they do not want."""

    user_name: str = Field(alias="userName")
    day: str
    mixes: list[WrittenMix]
    off: list[WrittenMix]


class Mixes(Answer):
    """Answer of `mixes`; those of the other functions are as Navidrome's plugin interface has them, or null.

    `againSeconds`: the library is still being embedded; after so many seconds better mixes may be there. 0: it is done.
    """

    users: list[UserMixes]
    again_seconds: int = Field(0, alias="againSeconds")
