"""`people.*` for browsing: what a person can start a list from, found by the words they type."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from contract.bounds import Ge, Le, MaxLen, MinLen
from contract.fields import Count, Name
from contract.message import Message, message
from contract.people import PersonRequest
from contract.track import VisibleTrack

#: Most results of each kind, and the default.
MAX_FINDS: Final = 50
FINDS: Final = 8
#: Most chips in one request, and tracks that stand for each: the default and the maximum.
MAX_CHIPS: Final = 100
CHIP_TRACKS: Final = 30
MAX_CHIP_TRACKS: Final = 500

#: What a list can start from.
ChipKind = Literal["track", "album", "artist", "genre"]


@message
class BrowseRequest(PersonRequest):
    """Words of a title, artist, album or genre; none: the genres and artists with most tracks."""

    query: Annotated[str, MaxLen(512)] = ""
    limit: Annotated[int, Ge(1), Le(MAX_FINDS)] = FINDS


@message
class FoundAlbum(Message):
    """An album and how many of its tracks the person may see."""

    id: str
    name: str
    artist: str
    artist_id: str
    tracks: Count


@message
class FoundArtist(Message):
    """An artist and how many of their tracks the person may see."""

    id: str
    name: str
    tracks: Count


@message
class FoundGenre(Message):
    """A genre and how many of its tracks the person may see. `id`: its name."""

    id: str
    name: str
    tracks: Count


@message
class BrowseResult(Message):
    """What matches among what the person may see, best first. `library_ids`: the libraries that they see."""

    tracks: list[VisibleTrack]
    #: None without words.
    albums: list[FoundAlbum]
    #: Without words, those with most tracks; the same for genres.
    artists: list[FoundArtist]
    genres: list[FoundGenre]
    library_ids: list[int]


@message
class ChipQuestion(Message):
    """Something that a list starts from or keeps away from. `id` of a genre: its name; `most`: tracks to return."""

    kind: ChipKind
    id: Annotated[Name, MinLen(1)]
    most: Annotated[int, Ge(1), Le(MAX_CHIP_TRACKS)] = CHIP_TRACKS


@message
class ChipsRequest(PersonRequest):
    """Asks which tracks stand for some tracks, albums, artists and genres."""

    #: What a list starts from or keeps away from.
    chips: Annotated[list[ChipQuestion], MaxLen(MAX_CHIPS)]


@message
class Chip(Message):
    """Its name, and as many of its tracks as asked for, spread evenly; none if the person may not see any.

    `id`: the current one, if Navidrome changed it; `tracks`: how many there are in all.
    """

    kind: ChipKind
    id: str
    name: str
    artist: str
    track_ids: list[str]
    tracks: Count


@message
class Chips(Message):
    """The tracks that stand for each chip."""

    #: One per chip of the request, in order.
    chips: list[Chip]
    library_ids: list[int]


@message
class TrackFile(Message):
    """A track and the path of its file below its library."""

    id: str
    path: str


@message
class TrackFiles(Message):
    """Those tracks that the person may see, in order."""

    files: list[TrackFile]
