"""`uploads.*` of the library: files that people upload."""

from __future__ import annotations

from typing import Literal

from contract.message import Message, message
from contract.warnings import Warned

#: What became of a track with a model; `absent`: no job has looked at it.
TrackState = Literal["done", "pending", "failed", "absent"]


@message
class UploadRequest(Message):
    """An upload. Asked again under the same `upload_id`, it is not begun again.

    Paths as the sender has them; `name`: what it calls the file; `track_id`: the track that the file is, if it is one
    already; `threshold` on the calibrated scale, None: similar audio does not matter.
    """

    music: str
    cue: str | None = None
    name: str | None = None
    track_id: str | None = None
    threshold: float | None = None
    upload_id: str | None = None


@message
class UploadPart(Message):
    """One track of an upload that came with a CUE sheet, in a file of its own.

    `dest_name`: what the file should be called; `duration` in seconds.
    """

    path: str
    dest_name: str
    index: int
    title: str
    artist: str
    album: str
    album_artist: str
    duration: float


@message
class Uploaded(Message):
    """What was found. `duplicates`: "Artist - Title" of each, best first; `tags` by Navidrome's names of them."""

    duplicates: list[str]
    all_duplicates: bool
    tags: dict[str, str]
    parts: list[UploadPart]
    warnings: list[Warned]


@message
class GiveUpRequest(Message):
    """Nobody waits for that upload any more."""

    upload_id: str


@message
class ScannedRequest(Message):
    """A file that Navidrome has just seen: an id, or `library id:path below the library`."""

    track_id: str | None = None
    artist: str | None = None
    title: str | None = None
    alternate_names: list[str] | None = None


@message
class ScannedTrack(Message):
    """`embedded`: it is, or will be without being told; `models`: the enabled ones."""

    embedded: bool
    name: str
    models: dict[str, TrackState]
