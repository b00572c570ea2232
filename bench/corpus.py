"""Labelled music for measurements: a csv beside a folder, or a Navidrome database."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.library.navidrome.database import NavidromeDatabase

#: Names that stand for an unknown artist.
UNKNOWN = frozenset({"", "[unknown artist]", "[unknown album]", "various artists"})
#: Tracks whose files exist, with their labels.
QUERY = """
SELECT m.id, l.path, m.path, m.album_id, m.album, m.artist, m.title, m.genre, m.duration
FROM media_file m JOIN library l ON l.id = m.library_id WHERE NOT m.missing ORDER BY m.id
"""


@dataclass(frozen=True, slots=True)
class Track:
    """One track and its labels; "" if a label is unknown. Versions of one title share `piece`."""

    id: str
    path: Path
    album: str = ""
    composer: str = ""
    piece: str = ""
    style: str = ""
    title: str = ""
    duration: float | None = None


def read_corpus(table: Path, music: Path) -> list[Track]:
    """Read a csv with the columns id, path, album, composer, piece, genre, duration_s; paths are below `music`."""
    with table.open(newline="", encoding="utf-8") as file:
        return [
            Track(
                id=row["id"],
                path=music / row["path"],
                album=row["album"],
                composer=row["composer"],
                piece=row["piece"] or row["id"],
                style=row["genre"],
                title=row.get("title") or "",
                duration=float(row["duration_s"] or 0) or None,
            )
            for row in csv.DictReader(file)
        ]


def read_navidrome(database: Path, path_map: Mapping[str, str]) -> list[Track]:
    """Read tracks from a Navidrome database; `path_map` maps path prefixes there ("" matches any) to local ones."""
    navidrome = NavidromeDatabase(database)

    def read() -> list[tuple[Any, ...]]:
        with navidrome.reading() as connection:
            return connection.execute(QUERY).fetchall()

    rows = navidrome.repeated(read)
    return [
        Track(
            id=track_id,
            path=_mapped(f"{root}/{path}", path_map),
            album="" if album.casefold() in UNKNOWN else album_id,
            composer="" if artist.casefold() in UNKNOWN else artist,
            piece=f"{artist}\0{title}".casefold(),
            style=genre,
            title=title,
            duration=duration or None,
        )
        for track_id, root, path, album_id, album, artist, title, genre, duration in rows
    ]


def parse_path_map(text: str) -> dict[str, str]:
    """Parse `/music=/mnt/a,/archive=/mnt/b` into a mapping. Raises `ValueError`."""
    pairs = [entry.split("=", 1) for entry in text.split(",") if entry]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"expected prefix=folder pairs separated by commas, not {text!r}")
    return {prefix.rstrip("/"): folder.rstrip("/") for prefix, folder in pairs}


def _mapped(path: str, path_map: Mapping[str, str]) -> Path:
    for prefix in sorted(path_map, key=len, reverse=True):
        if path.startswith(f"{prefix}/"):
            return Path(path_map[prefix] + path[len(prefix) :])
    return Path(path)
