"""Navidrome's database and the music files: whether this user can read them where the settings point."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cli.doctor.finding import Findings, note, ok, wrong
from contract.errors import MeshError
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.paths import PathMap, shown
from workers.library.navidrome.records import NavidromeTrack, Snapshot
from workers.library.settings import LibrarySettings

#: Tracks of each library whose files to check.
SAMPLE: Final = 40
#: Share of a library's files that may be gone without anything being wrong.
FEW: Final = 0.1
ABSENT: Final = "do not exist"
FORBIDDEN: Final = "cannot be read by this user"
DEMO: Final = Path("demo") / "navidrome.db"


def check_music(settings: LibrarySettings) -> Findings:
    """Check the database, then a sample of each library's files."""
    path = settings.database
    if path is None:
        demo = settings.data / DEMO
        advice = "set NAVIDROME_DB_PATH to the file navidrome.db of your Navidrome"
        if not demo.exists():
            yield note("database", "none is set: the first `sonicmesh run` makes a demo library", advice)
            return
        yield note("database", f"none is set: the demo library {demo.parent} is used", advice)
        path = demo
    try:
        snapshot = NavidromeDatabase(path).snapshot()
    except MeshError as error:
        text = str(error).removesuffix("; trying again")
        yield wrong("database", text, _help(path, text))
        return
    if not snapshot.tracks:
        yield wrong("database", f"{path} has no tracks", "let Navidrome scan your music first")
        return
    yield ok("database", f"{len(snapshot.tracks)} tracks in {len(snapshot.libraries)} libraries")
    for text in snapshot.notices:
        yield note("database", text, "let Navidrome scan those files again; everything else works meanwhile")
    yield from _files(settings, snapshot)


def _help(path: Path, text: str) -> str:
    """Say what to do about a database that cannot be read."""
    if "locked" in text:
        return "end the program that keeps it locked (a backup, a database browser): Navidrome itself lets others read"
    if "cannot be opened" in text:
        return "run the mesh as Navidrome's user, or fix what the message names"
    if "there is no database" in text:
        return "set NAVIDROME_DB_PATH to the file navidrome.db of your Navidrome; is its disk mounted?"
    return "set NAVIDROME_DB_PATH to the file navidrome.db of your Navidrome; if it is that file, restore its backup"


def _files(settings: LibrarySettings, snapshot: Snapshot) -> Findings:
    paths = PathMap(settings.path_map, settings.music_root).of(snapshot.libraries)
    for library in snapshot.libraries:
        tracks = [t for t in snapshot.tracks if t.library_id == library.id and not t.missing]
        if not tracks:
            continue
        subject = f"music of {library.name or library.path}"
        places = [paths.local(track.library_id, track.path) for track in sample(tracks)]
        results = Counter(map(_readable, places))
        total, good = len(places), results[""]
        if good == total:
            yield ok(subject, f"{total} of {total} sampled files can be read")
            continue
        example = next(place for place in places if _readable(place))
        text = f"{total - good} of {total} sampled files {' or '.join(filter(None, results))}, {shown(example)} for one"
        if total - good <= FEW * total:
            yield note(subject, text, "`sonicmesh status --failures` lists all such tracks")
        else:
            yield wrong(subject, text, _advice(results, library.id, snapshot, library.path))


def sample(tracks: Sequence[NavidromeTrack]) -> Sequence[NavidromeTrack]:
    """Return at most `SAMPLE` tracks, spread evenly, so that folders from the whole library are checked."""
    step = max(1, len(tracks) // SAMPLE)
    return tracks[::step][:SAMPLE]


def _readable(path: str) -> str:
    """Return what is wrong with a file; empty if it can be read."""
    try:
        os.stat(path)  # noqa: PTH116  the names may hold bytes that are not text
        readable = os.access(path, os.R_OK)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return ABSENT
    except PermissionError:
        return FORBIDDEN
    except OSError as error:
        return f"cannot be checked ({os.strerror(error.errno or 0)})"
    return "" if readable else FORBIDDEN


def _advice(results: Counter[str], library_id: int, snapshot: Snapshot, folder: str) -> str:
    if not results[ABSENT]:
        if not results[FORBIDDEN]:
            return "check the disk or share that holds the music: mount it again, check its cable and its server"
        return "run the mesh as a user who may read the music, such as Navidrome's"
    if library_id == min(library.id for library in snapshot.libraries):
        return (
            f"Navidrome calls this folder {folder}: set NAVIDROME_MUSIC_ROOT to its path on this machine, or mount it"
        )
    return f"add {folder}=FOLDER-HERE to SONICMESH_PATH_MAP, or mount it"
