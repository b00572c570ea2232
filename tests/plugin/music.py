"""A library of five styles in two libraries, and three people who listen to it; no files, only what is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from broker.client import MeshClient
from broker.vectors import pack_vectors
from tests.library.music import Music

STYLES = ("ambient", "blues", "choral", "dub", "electro")
#: Tracks of a style in library 1; in library 2 there are `ARCHIVED` more of the first style.
TRACKS, ARCHIVED = 18, 12
ARTISTS = 3
DIMENSION = 64
PEOPLE = {"alice": (1, 2), "bob": (1,), "carol": (1,)}


class Listeners(Music):
    """`ids` by style; `archived` are those of library 2."""

    def fill(self) -> None:
        """Tracks, people and what they played."""
        self.ids = {style: [self._track(style, n) for n in range(TRACKS)] for style in STYLES}
        self.archived = [self._track(STYLES[0], TRACKS + n, library=2) for n in range(ARCHIVED)]
        for name, libraries in PEOPLE.items():
            self.sql(
                "INSERT INTO user (id, user_name, name, is_admin, created_at, updated_at) VALUES (?, ?, ?, 0, ?, ?)",
                *(f"id-{name}", name, name, self.now(), self.now()),
            )
            for library in libraries:
                self.sql("INSERT INTO user_library (user_id, library_id) VALUES (?, ?)", f"id-{name}", library)
        self._listen("alice", self.ids["ambient"][:12], days=3)
        self._listen("alice", self.ids["blues"][:10], days=9)
        self._listen("alice", self.ids["choral"][:8], days=300, starred=True)
        self._listen("bob", self.ids["dub"][:15], days=2)
        self._listen("bob", self.ids["electro"][:15], days=5, starred=True)
        self._listen("carol", self.ids["dub"][:5], days=2)
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
        title = f"{style.capitalize()} piece {number}"
        return self.add(f"{style}-{number}", f"{style}/{number}.flac", title=title, library=library, **fields)

    def _listen(self, name: str, tracks: list[str], days: int, starred: bool = False) -> None:
        for place, track in enumerate(tracks):
            moment = datetime.now(UTC) - timedelta(days=days, minutes=place)
            at = moment.isoformat(sep=" ", timespec="milliseconds")
            self.sql(
                "INSERT INTO annotation (user_id, item_id, item_type, play_count, play_date, starred, starred_at) "
                "VALUES (?, ?, 'media_file', 3, ?, ?, ?)",
                *(f"id-{name}", track, at, starred, at if starred else None),
            )

    def embed(self, client: MeshClient) -> None:
        """Vectors as a model would give them: a direction for each style, and a little of its own for each track."""
        rng = np.random.default_rng(7)
        rows, vectors = [], []
        for number, style in enumerate(STYLES):
            for place, track in enumerate([*self.ids[style], *(self.archived if number == 0 else ())]):
                vector = rng.normal(0, 0.1, DIMENSION)
                vector[number] += 1
                vectors.append(vector)
                rows.append(
                    {
                        "track_id": track,
                        "library_id": 2 if track in self.archived else 1,
                        "artist_id": f"artist-{style}-{place % ARTISTS}",
                        "album_id": "",
                        "audio_id": f"audio-{track}",
                        "duration": 180.0 + place,
                        "model_id": "test",
                        "embedded_at": 1.0,
                        "title": f"{style.capitalize()} piece {place}",
                        "artist": f"{style.capitalize()} Players {place % ARTISTS}",
                    }
                )
        params = {"model": "spectral", "rows": rows, "dim": DIMENSION}
        client.call("search", "vectors.upsert", params, [pack_vectors(np.array(vectors, np.float32))])

    @property
    def everything(self) -> set[str]:
        """Ids of both libraries."""
        return {track for tracks in self.ids.values() for track in tracks} | set(self.archived)
