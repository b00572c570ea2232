"""Tries real files of a library: which of them can be read here, and by which path map."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contract.setup import FileProblem, PathPair, TriedFile
from workers.library.navidrome.paths import PathMap, Paths, shown
from workers.library.navidrome.records import MusicFolder, NavidromeTrack, Snapshot

#: Files to try.
FILES: Final = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """A track to try. `parts`: its path below its library."""

    track: NavidromeTrack
    library: MusicFolder

    @property
    def relative(self) -> str:
        """The path below the library: Navidrome's old rows hold absolute ones."""
        return self.track.path.removeprefix(f"{self.library.path.rstrip('/')}/").lstrip("/")


def sampled(snapshot: Snapshot, number: int = FILES) -> list[Sample]:
    """Return tracks from everywhere in every library; those whose files Navidrome misses are left out."""
    present: dict[int, list[NavidromeTrack]] = {}
    for track in snapshot.tracks:
        if not track.missing:
            present.setdefault(track.library_id, []).append(track)
    libraries = [each for each in snapshot.libraries if each.id in present]
    found: list[Sample] = []
    for place, library in enumerate(libraries):
        share = number // len(libraries) + (place < number % len(libraries))
        tracks = sorted(present[library.id], key=lambda track: track.path)
        step = len(tracks) / max(1, min(share, len(tracks)))
        chosen = [tracks[int(turn * step)] for turn in range(min(share, len(tracks)))]
        found.extend(Sample(track, library) for track in chosen)
    return found


def tried(samples: Sequence[Sample], paths: Paths) -> list[TriedFile]:
    """Try to read the beginning of every sampled file."""
    found = []
    for sample in samples:
        track = sample.track
        here = paths.local(track.library_id, track.path)
        theirs = track.path if track.path.startswith("/") else f"{sample.library.path.rstrip('/')}/{track.path}"
        problem = problem_of_file(here)
        found.append(
            TriedFile(title=track.title, artist=track.artist, path=shown(theirs), here=shown(here), problem=problem)
        )
    return found


def problem_of_file(path: str) -> FileProblem | None:
    """Return why a file cannot be used; None if its beginning can be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  names may hold undecodable bytes
            return None if file.read(1) else "empty"
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "absent"
    except PermissionError:
        return "forbidden"
    except OSError:
        return "unreadable"


def mapped(pairs: Sequence[PathPair], libraries: Sequence[MusicFolder]) -> Paths:
    """Return the paths of these libraries' files by a path map."""
    return PathMap([(pair.theirs, pair.here) for pair in pairs]).of(libraries)


def readable(files: Sequence[TriedFile]) -> int:
    """Return how many of the files can be read."""
    return sum(not file.problem for file in files)


def formats(snapshot: Snapshot) -> Mapping[str, int]:
    """Return the number of tracks by the ending of their files, most first."""
    counts: dict[str, int] = {}
    for track in snapshot.tracks:
        ending = os.path.splitext(track.path)[1][1:].lower() or "?"  # noqa: PTH122  names may hold undecodable bytes
        counts[ending] = counts.get(ending, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
