"""Records read from Navidrome's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s


@dataclass(frozen=True, slots=True)
class MusicFolder:
    """One of Navidrome's music folders, with `path` as Navidrome sees it."""

    id: int
    name: str
    path: str
    last_scan_at: datetime | None


@dataclass(frozen=True, slots=True)
class NavidromeTrack:
    """One row of `media_file`. `path` is relative to its library, `duration` is in seconds, `size` in bytes."""

    id: str
    library_id: int
    path: str
    title: str
    artist: str
    artist_id: str
    album: str
    album_id: str
    duration: float
    size: int
    updated_at: datetime | None
    channels: int | None
    missing: bool

    @property
    def stamp(self) -> str:
        """A value that changes whenever the file may have changed."""
        updated = 0 if self.updated_at is None else round(self.updated_at.timestamp() * 1e6)
        return f"{self.size}:{updated}"

    @property
    def tags(self) -> str:
        """A value that changes whenever the data that the store keeps beside the vector changes."""
        fields = (str(self.library_id), self.artist_id, self.album_id, self.title, self.artist, f"{self.duration:.3f}")
        return blake2s("\0".join(fields).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the catalogue needs, read in one transaction."""

    libraries: tuple[MusicFolder, ...]
    tracks: tuple[NavidromeTrack, ...]
    users: tuple[tuple[str, str], ...] = ()
    #: Notices about values that could not be used.
    notices: tuple[str, ...] = ()
