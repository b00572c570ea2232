"""Labelled music for measurements: a csv beside a folder."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Track:
    """One track and its labels; "" where a label is not known. `piece` is shared by versions of one title."""

    id: str
    path: Path
    album: str = ""
    composer: str = ""
    piece: str = ""
    style: str = ""
    duration: float | None = None


def read_corpus(table: Path, music: Path) -> list[Track]:
    """Tracks of a csv with the columns id, path, album, composer, piece, duration_s; paths are below `music`."""
    with table.open(newline="", encoding="utf-8") as file:
        return [
            Track(
                id=row["id"],
                path=music / row["path"],
                album=row["album"],
                composer=row["composer"],
                piece=row["piece"] or row["id"],
                duration=float(row["duration_s"]) if row["duration_s"] else None,
            )
            for row in csv.DictReader(file)
        ]


def column(tracks: Sequence[Track], name: str) -> list[str]:
    """One label of every track."""
    return [str(getattr(track, name)) for track in tracks]
