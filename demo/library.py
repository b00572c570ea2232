"""The description of a built demo library, and its marker file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from contract.errors import NotFound
from demo.catalogue import LIBRARIES, Entry, Kind

#: Written first as "being built" and last as "complete".
MARKER: Final = "demo.json"
DATABASE: Final = "navidrome.db"
MAKER: Final = "sonic-mesh demo library"


@dataclass(frozen=True, slots=True)
class DemoTrack:
    """A row of `media_file`.

    `path` is absolute; `duration` is the database's value (s); `style` is empty if the track is not music.
    """

    id: str
    path: Path
    title: str
    artist: str
    album: str
    style: str
    kind: Kind
    library_id: int
    duration: float


@dataclass(frozen=True, slots=True)
class DemoLibrary:
    """`library_paths` are absolute: music, archive. `database` is Navidrome's."""

    folder: Path
    database: Path
    library_paths: tuple[Path, ...]
    tracks: tuple[DemoTrack, ...]

    @property
    def music_root(self) -> Path:
        """The first library's folder."""
        return self.library_paths[0]


def load(folder: Path) -> DemoLibrary:
    """Return the demo library in `folder`.

    Raises:
        NotFound: there is none, or it is incomplete.
    """
    marker = read_marker(folder)
    if marker is None or not marker["complete"]:
        raise NotFound(f"{folder} holds no complete demo library: build one with `python -m demo {folder}`")
    folder = folder.resolve()
    tracks = (DemoTrack(**{**track, "path": folder / track["path"]}) for track in marker["tracks"])
    paths = tuple(folder / name for name in LIBRARIES.values())
    return DemoLibrary(folder, folder / DATABASE, paths, tuple(tracks))


def read_marker(folder: Path) -> dict[str, Any] | None:
    """Return the marker of `folder`, or None if there is none of ours."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return marker if isinstance(marker, dict) and marker.get("maker") == MAKER else None


def write_marker(folder: Path, version: str, entries: Sequence[Entry], *, complete: bool) -> None:
    """Write the marker of a finished or unfinished library in `folder`, atomically."""
    tracks = [asdict(_track(entry)) | {"path": entry.location} for entry in entries]
    marker = {"maker": MAKER, "version": version, "folder": str(folder), "complete": complete, "tracks": tracks}
    part = folder / f"{MARKER}.part"
    part.write_text(json.dumps(marker, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(folder / MARKER)


def _track(entry: Entry) -> DemoTrack:
    return DemoTrack(
        entry.id,
        Path(entry.location),
        entry.title,
        entry.artist,
        entry.album,
        entry.style,
        entry.kind,
        entry.library,
        entry.seconds,
    )
