"""Labels as Navidrome smart playlists: files `*.nsp` that list tracks by their paths.

Navidrome's rules know no ids, so a playlist names each track by `filepath`, and by `library_id` (Navidrome 0.58 or
newer) where there are several libraries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from cli.mesh import CALL_SECONDS
from contract.labels import MAX_TRACKS, SPOKEN, LabelledTrack, LabelsPageRequest
from contract.library import LibraryClient, TracksRequest
from contract.message import Nothing

#: Lowest score at which a track is in the playlist of a label.
SCORE: Final = 0.9
#: Most tracks of a playlist, best first.
MOST: Final = 500
#: What a file's name starts with, so that those of an earlier run are replaced and no others.
PREFIX: Final = "sonicmesh-"
#: Stands for bytes of a name that are not UTF-8.
UNREADABLE: Final = "\ufffd"


@dataclass(frozen=True, slots=True)
class SmartPlaylist:
    """A playlist of the tracks that have one label, best first: (library, path below its folder)."""

    label: str
    files: tuple[tuple[int, str], ...]
    several_libraries: bool = False

    @property
    def name(self) -> str:
        """The name that Navidrome shows."""
        return f"Sonic Mesh: {self.label}"

    @property
    def file_name(self) -> str:
        """Letters, digits and dashes only."""
        safe = "".join(letter if letter.isalnum() else "-" for letter in self.label)
        return f"{PREFIX}{safe}.nsp"

    def content(self) -> bytes:
        """Return the file: Navidrome's rules, any of which a track has to meet."""
        rules: dict[str, Any] = {
            "name": self.name,
            "comment": "Tracks in which Sonic Mesh hears this label",
            "any": [self._rule(*file) for file in self.files],
            "sort": "title",
            "limit": len(self.files),
        }
        return orjson.dumps(rules, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def _rule(self, library_id: int, path: str) -> dict[str, Any]:
        by_path = {"is": {"filepath": path}}
        return {"all": [by_path, {"is": {"library_id": library_id}}]} if self.several_libraries else by_path


def smart_playlists(library: LibraryClient, least: int) -> list[SmartPlaylist]:
    """Return a playlist for each label that at least `least` tracks have, in the order of their names."""
    scored: dict[str, list[tuple[float, int, str]]] = defaultdict(list)
    several = len(library.status(Nothing(), timeout=CALL_SECONDS).libraries) > 1
    for ids in _parts(_heard(library)):
        for track in library.labels(TracksRequest(track_ids=ids), timeout=CALL_SECONDS).tracks:
            if UNREADABLE in track.file:  # its name is not UTF-8, and JSON cannot express it
                continue
            for name, score in _names(track):
                scored[name].append((score, track.library_id, track.file))
    return [
        SmartPlaylist(
            label, tuple((library_id, file) for _, library_id, file in sorted(found, reverse=True)[:MOST]), several
        )
        for label, found in sorted(scored.items())
        if len(found) >= least
    ]


def _names(track: LabelledTrack) -> Iterator[tuple[str, float]]:
    yield from ((label.name, label.score) for label in track.labels if label.score >= SCORE)
    if track.facts.speech is not None and track.facts.speech >= SPOKEN:
        yield "spoken word", track.facts.speech


def write(folder: Path, playlists: Sequence[SmartPlaylist]) -> list[Path]:
    """Write the files, each atomically; returns their paths. Raises `OSError`."""
    written = []
    for playlist in playlists:
        path = folder / playlist.file_name
        part = path.with_suffix(".part")
        part.write_bytes(playlist.content())
        part.replace(path)
        written.append(path)
    return written


def _heard(library: LibraryClient) -> Iterator[str]:
    after: str | None = None
    while True:
        page = library.labels_page(LabelsPageRequest(after=after), timeout=CALL_SECONDS)
        yield from page.track_ids
        after = page.next
        if after is None:
            return


def _parts(ids: Iterator[str]) -> Iterator[list[str]]:
    while part := list(islice(ids, MAX_TRACKS)):
        yield part
