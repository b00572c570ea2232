"""`uploads.*` of the library: files that people upload."""

from __future__ import annotations

from typing import Literal

from contract.message import Message, message
from contract.warnings import Warned

#: The outcome of a track with a model; `absent`: no job has looked at it.
TrackState = Literal["done", "pending", "failed", "absent"]


@message
class UploadRequest(Message):
    """An upload to process. A repeat with the same `upload_id` does not start it again.

    Paths as the sender sees them; `name`: the sender's name for the file; `track_id`: the file's track, if it is in the
    library already; `threshold` on the calibrated scale, None: ignore similar audio.
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

    `dest_name`: the name that the file should get; `duration` in seconds.
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
    """The result of an upload. `duplicates`: "Artist - Title" of each, best first; `tags` under Navidrome's names."""

    duplicates: list[str]
    all_duplicates: bool
    tags: dict[str, str]
    parts: list[UploadPart]
    warnings: list[Warned]


@message
class GiveUpRequest(Message):
    """Abandons an upload: its caller no longer waits."""

    upload_id: str


@message
class ScannedRequest(Message):
    """A file that Navidrome has just scanned: an id, or `library id:path below the library`."""

    track_id: str | None = None
    artist: str | None = None
    title: str | None = None
    alternate_names: list[str] | None = None


@message
class ScannedTrack(Message):
    """The state of a scanned file. `embedded`: it is, or will be automatically; `models`: the enabled ones."""

    embedded: bool
    name: str
    models: dict[str, TrackState]
