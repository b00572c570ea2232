"""A small Navidrome library: real files, and a database as Navidrome fills it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import soundfile

from demo.schema import create_database
from tests.harness.sqlite import execute

RATE = 8000


def tone(path: Path, seed: int, seconds: float = 0.2) -> None:
    """Noise that differs for every seed, as WAV or FLAC by the name's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, int(RATE * seconds))
    soundfile.write(os.fsencode(path), samples, RATE, subtype="PCM_16")


class Music:
    """The folder `music` of library 1, the folder `archive` of library 2, and `navidrome.db`, all below `folder`.

    Navidrome sees them as `/music` and `/archive`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "navidrome.db"
        self.roots = {1: folder / "music", 2: folder / "archive"}
        self._clock = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.make_database()

    @property
    def path_map(self) -> str:
        return ",".join((f"/music={self.roots[1]}", f"/archive={self.roots[2]}"))

    def make_database(self) -> None:
        create_database(self.database)
        self.sql("DELETE FROM library")
        self.sql("INSERT INTO library (id, name, path) VALUES (1, 'Music', '/music'), (2, 'Archive', '/archive')")
        self.scan()

    def sql(self, statement: str, *values: object) -> None:
        execute(self.database, statement, values)

    def add(
        self, track_id: str, path: str, *, seed: int | None = None, title: str = "", library: int = 1, **fields: object
    ) -> str:
        """A track and its file (`seed` None: no file is made). Returns the track id."""
        file = self.roots[library] / path
        if seed is not None:
            tone(file, seed)
        row: dict[str, object] = {
            "id": track_id,
            "path": path,
            "title": title or Path(path).stem,
            "artist": "Nordlys Trio",
            "artist_id": "artist-1",
            "album": "Winter Rooms",
            "album_id": "album-1",
            "duration": 0.2,
            "size": file.stat().st_size if file.exists() else 0,
            "updated_at": self.now(),
            "channels": 1,
            "library_id": library,
            **fields,
        }
        marks = ", ".join("?" * len(row))
        self.sql(f"INSERT INTO media_file ({', '.join(row)}) VALUES ({marks})", *row.values())
        return track_id

    def path(self, track_id: str) -> str:
        """Path of a track, relative to its library."""
        with closing(sqlite3.connect(self.database, timeout=10)) as connection:
            found: str = connection.execute("SELECT path FROM media_file WHERE id = ?", (track_id,)).fetchone()[0]
            return found

    def replace(self, track_id: str, path: str, seed: int) -> None:
        """Replace the music in the file of a track."""
        tone(self.roots[1] / path, seed, seconds=0.3)
        self.update(track_id, size=(self.roots[1] / path).stat().st_size)

    def update(self, track_id: str, **fields: object) -> None:
        """Change a row, like a scan that finds the file changed."""
        fields = {"updated_at": self.now(), **fields}
        names = ", ".join(f"{name} = ?" for name in fields)
        self.sql(f"UPDATE media_file SET {names} WHERE id = ?", *fields.values(), track_id)

    def scan(self) -> None:
        """A scan of Navidrome ended."""
        self.sql("UPDATE library SET last_scan_at = ?", self.now())

    def now(self) -> str:
        """A later time with every call, in Navidrome's own shape."""
        self._clock += 1
        return datetime.fromtimestamp(1_790_000_000 + self._clock, UTC).strftime("%Y-%m-%d %H:%M:%S.388598458+00:00")
