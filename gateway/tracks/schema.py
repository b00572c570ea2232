"""`GET /tracks`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.http.schema import INTEGRAL, Answer, Name, Request

#: Most tracks of one answer.
MAX_FOUND = 500
#: Most ids of one question: a request line has 8 KB.
MAX_ASKED = 300


class TracksQuery(Request):
    """Either words or ids."""

    q: Name = Field("", description="words of title and artist, a path or an id")
    ids: str = Field("", description="ids, separated by commas; then `q` and `limit` do not count")
    limit: Annotated[int, Field(ge=1, le=MAX_FOUND), INTEGRAL] = Field(25)


class FoundTrack(Answer):
    """A track of the library."""

    id: str
    title: str
    artist: str
    artist_id: str
    album: str
    album_id: str
    duration: float
    library_id: int


class Tracks(Answer):
    """Best first, or in the order of the ids."""

    tracks: list[FoundTrack]
