"""A track of the library, in the form that all packages share."""

from __future__ import annotations

from contract.message import Message, message


@message
class VisibleTrack(Message):
    """A track as a person may see it. `duration` in seconds."""

    id: str
    title: str
    artist: str
    artist_id: str
    album: str
    album_id: str
    duration: float
    library_id: int


@message
class Track(VisibleTrack):
    """A track with the path of its file on this host, for display."""

    path: str


@message
class TaggedTrack(Message):
    """A track's tags. `year` 0: not known; `artist`: as the tag has it."""

    id: str
    album_id: str
    title: str
    genres: list[str]
    moods: list[str]
    year: int
    comment: str
    artist: str = ""
