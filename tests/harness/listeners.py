"""Five styles in two libraries, and three people who listen to them; database rows only, no files."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from broker.client import MeshClient
from broker.vectors import pack_vectors
from tests.harness.music import Music
from tests.harness.sqlite import write

STYLES = ("ambient", "blues", "choral", "dub", "electro")
#: Tracks of a style in library 1; in library 2 there are `ARCHIVED` more of the first style.
TRACKS, ARCHIVED = 18, 12
#: Tracks of library 3, which nobody sees: like nothing, and so many that an answer may have 500.
CROWD = 510
#: The album artist of `ON_ALBUMS` choral tracks, who sings on none of them.
SOCIETY, ON_ALBUMS = "Choral Society", 10
ARTISTS = 3
DIMENSION = 64
PEOPLE = {"alice": (1, 2), "bob": (1,), "carol": (1,)}


class Listeners(Music):
    """`ids` by style; `archived` are those of library 2."""

    def fill(self) -> None:
        """Tracks, people and what they played."""
        self.ids = {style: [self._track(style, n) for n in range(TRACKS)] for style in STYLES}
        self.archived = [self._track(STYLES[0], TRACKS + n, library=2) for n in range(ARCHIVED)]
        self.crowd = [f"crowd-{n}" for n in range(CROWD)]
        self.sql("INSERT INTO library (id, name, path) VALUES (3, 'Attic', '/attic')")
        self.sql(
            "INSERT INTO media_file (id, path, title, artist, artist_id, album, duration, updated_at, library_id) "
            "WITH RECURSIVE crowd(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM crowd WHERE n < ?) "
            "SELECT 'crowd-' || n, 'crowd/' || n, 'Song ' || n, 'Stranger ' || n, 'stranger-' || n, '', 90, ?, 3 "
            "FROM crowd",
            *(CROWD - 1, self.now()),
        )
        self.sql("INSERT INTO artist (id, name) VALUES ('society', ?)", SOCIETY)
        for name, libraries in PEOPLE.items():
            self.sql(
                "INSERT INTO user (id, user_name, name, is_admin, created_at, updated_at) VALUES (?, ?, ?, 0, ?, ?)",
                *(f"id-{name}", name, name, self.now(), self.now()),
            )
            for library in libraries:
                self.sql("INSERT INTO user_library (user_id, library_id) VALUES (?, ?)", f"id-{name}", library)
        self.hear("alice", self.ids["ambient"][:12], days=3)
        self.hear("alice", self.ids["blues"][:10], days=9)
        self.hear("alice", self.ids["choral"][:8], days=300, starred=True)
        self.hear("bob", self.ids["dub"][:15], days=2)
        self.hear("bob", self.ids["electro"][:15], days=5, starred=True)
        self.hear("carol", self.ids["dub"][:5], days=2)
        self.scan()

    def _track(self, style: str, number: int, library: int = 1) -> str:
        artist = number % ARTISTS
        fields: dict[str, Any] = {
            "artist": f"{style.capitalize()} Players {artist}",
            "artist_id": f"artist-{style}-{artist}",
            "album": f"{style.capitalize()} Record {artist} in {library}",
            "album_id": f"album-{style}-{artist}-{library}",
            "duration": 180.0 + number,
        }
        if style == "choral" and number < ON_ALBUMS:
            fields |= {"album_artist": SOCIETY, "album_artist_id": "society"}
        title = f"{style.capitalize()} piece {number}"
        return self.add(f"{style}-{number}", f"{style}/{number}.flac", title=title, library=library, **fields)

    def hear(self, name: str, tracks: Sequence[str], days: float = 2, starred: bool = False) -> None:
        """Somebody plays tracks, so many days ago."""
        write(self.database, lambda connection: listen(connection, f"id-{name}", tracks, days, starred))

    def mark(self, tracks: Sequence[str], *, missing: bool) -> None:
        """A scan finds that files vanished, or came back."""
        for track in tracks:
            self.update(track, missing=missing)
        self.scan()

    def embed(self, client: MeshClient) -> None:
        """Vectors as a model would give them: a direction for each style, and a little of its own for each track."""
        rng = np.random.default_rng(7)
        rows, vectors = [], []
        with closing(sqlite3.connect(self.database)) as connection:
            known = connection.execute("SELECT id, library_id, artist_id, duration, title, artist FROM media_file")
            for track, library, artist_id, duration, title, artist in known:
                style = track.partition("-")[0]
                vector = rng.normal(0, 0.1 if style in STYLES else 1.0, DIMENSION)
                if style in STYLES:
                    vector[STYLES.index(style)] += 1
                vectors.append(vector)
                said = {"library_id": library, "artist_id": artist_id, "title": title, "artist": artist}
                made = {"audio_id": f"audio-{track}", "duration": duration, "model_id": "test", "embedded_at": 1.0}
                rows.append({"track_id": track, "album_id": "", **said, **made})
        params = {"model": "spectral", "rows": rows, "dim": DIMENSION}
        client.call("search", "vectors.upsert", params, [pack_vectors(np.array(vectors, np.float32))])

    @property
    def everything(self) -> set[str]:
        """Ids of all libraries."""
        return {track for tracks in self.ids.values() for track in tracks} | {*self.archived, *self.crowd}


def listen(
    connection: sqlite3.Connection, user_id: str, track_ids: Sequence[str], days: float, starred: bool = False
) -> None:
    """Plays so many days ago, the first of them last, as Navidrome notes them."""
    for place, track in enumerate(track_ids):
        at = (datetime.now(UTC) - timedelta(days=days, minutes=place)).isoformat(sep=" ", timespec="milliseconds")
        connection.execute(
            "INSERT OR REPLACE INTO annotation "
            "(user_id, item_id, item_type, play_count, play_date, starred, starred_at) "
            "VALUES (?, ?, 'media_file', 3, ?, ?, ?)",
            (user_id, track, at, starred, at if starred else None),
        )
