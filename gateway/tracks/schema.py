"""`GET /tracks`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from contract.fields import INTEGRAL, Name
from contract.library import FOUND, MAX_FOUND
from contract.message import Message, message
from contract.track import Track
from gateway.http.schema import RequestBody

#: Most ids in one request: a request line has 8 KB.
MAX_ASKED: Final = 300


class TracksQuery(RequestBody):
    """Either words or ids."""

    q: Name = Field("", description="words of title and artist, a path or an id")
    ids: str = Field("", description="ids, separated by commas; then `q` and `limit` do not count")
    limit: Annotated[int, Field(ge=1, le=MAX_FOUND), INTEGRAL] = Field(FOUND)


@message
class FoundTrack(Track):
    """A track of the library; `path` is its file path, for display."""


@message
class Tracks(Message):
    """Tracks, best first or in the order of the ids."""

    tracks: list[FoundTrack]
