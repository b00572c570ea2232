"""A mesh for people: real broker, gateway, search and library; a stand-in Navidrome; a clock that tests set."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import demo
from broker.vectors import Vectors, pack_vectors
from tests.harness.gateway_mesh import GatewayMesh
from tests.harness.http import Answer
from tests.harness.navidrome_stand_in import StandIn
from tests.harness.play_model import Running
from tests.harness.sqlite import execute
from tests.harness.waiting import eventually
from workers.library.service import LibraryService
from workers.library.settings import LibrarySettings

#: The tests' present, in unix seconds.
NOW = 1_800_000_000.0
DAY = 86_400.0
#: Models with vectors: name and dimension. The stand-in of muq reads texts.
MODELS = {"spectral": 24, "muq": 1536}
#: Users that the tests add: carol sees the first library, dave none.
CAROL, DAVE = "carol", "dave"


def database_with_everybody(folder: Path) -> Path:
    """The demo library's database: every third track is in the archive, bob sees only that; no plays yet."""
    library = demo.build_small(folder / "demo", 24, datetime.fromtimestamp(NOW, UTC))
    with closing(sqlite3.connect(library.database)) as connection, connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM media_file ORDER BY path")]
        connection.executemany("UPDATE media_file SET library_id = 2 WHERE id = ?", [(i,) for i in ids[::3]])
        for name in (CAROL, DAVE):
            connection.execute(
                "INSERT INTO user (id, user_name, name, created_at, updated_at) VALUES (?, ?, ?, '', '')",
                (f"id-{name}", name, name),
            )
        connection.execute("INSERT INTO user_library VALUES (?, 1)", (f"id-{CAROL}",))
        connection.execute("UPDATE playlist_tracks SET media_file_id = ?", (ids[1],))
    return library.database


class PeopleMesh:
    """Everything up; `get`, `post` and `put` call the gateway as a user."""

    def __init__(self, database: Path, **environment: str) -> None:
        self.mesh = GatewayMesh()
        self.folder = self.mesh.folder
        self.database = self.folder / "navidrome.db"
        self.navidrome = StandIn(self.database)
        self.now = NOW
        self.load(database)
        self.navidrome.up()
        settings = LibrarySettings(
            SONICMESH_DATA=self.folder / "library",
            SONICMESH_RUN=self.folder / "run",
            NAVIDROME_DB_PATH=self.database,
            SONICMESH_AUTO_EMBED=False,
            SONICMESH_LIBRARY_POLL_S=0.2,
            SONICMESH_DRAIN_S=1.0,
        )
        self._library = Running(LibraryService(settings, lambda: self.now), "library", settings)
        self.mesh.serve("embed.muq")
        self.mesh.start_worker("search")
        self.mesh.wait_for("library")
        usual = {
            "NAVIDROME_DB_PATH": str(self.database),
            "NAVIDROME_URL": self.navidrome.url,
            "SONICMESH_RATE_PER_USER": "0",
            "SONICMESH_RATE_PER_ADDRESS": "0",
        }
        self.mesh.open(**usual | environment)
        self.wait_for_library()

    def load(self, database: Path) -> None:
        """Replaces the database with a copy of another."""
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(self.folder / "part.db")) as copy:
            source.backup(copy)
        (self.folder / "part.db").replace(self.database)

    def wait_for_library(self) -> None:
        tracks = len(self.rows("SELECT 1 FROM media_file WHERE NOT missing"))
        eventually(
            lambda: self.mesh.client.call("library", "library.status").result["tracks"] == tracks, "the library is read"
        )

    def close(self) -> None:
        self._library.stop()
        self.navidrome.stop()
        self.mesh.close()

    # The database

    def sql(self, statement: str, *values: object) -> None:
        execute(self.database, statement, values)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database, timeout=10)) as connection:
            return connection.execute(sql, values).fetchall()

    def tracks(self, library: int | None = None) -> list[str]:
        where = "" if library is None else f"AND library_id = {library}"
        return [row[0] for row in self.rows(f"SELECT id FROM media_file WHERE NOT missing {where} ORDER BY path")]

    def user_id(self, name: str) -> str:
        return str(self.rows("SELECT id FROM user WHERE user_name = ?", name)[0][0])

    def heard(
        self,
        name: str,
        item: str,
        *,
        days: float | None = None,
        rating: int = 0,
        starred: bool = False,
        kind: str = "media_file",
    ) -> None:
        """A user played something so many days ago, rated it, starred it."""
        when = None if days is None else datetime.fromtimestamp(NOW - DAY * days, UTC).isoformat(" ")
        self.sql(
            "INSERT INTO annotation (user_id, item_id, item_type, play_count, play_date, rating, starred, starred_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            self.user_id(name),
            item,
            kind,
            int(days is not None),
            when,
            rating,
            starred,
            datetime.fromtimestamp(NOW, UTC).isoformat(" ") if starred else None,
        )

    def forget(self) -> None:
        """Nobody has played or chosen anything, and Navidrome works."""
        self.sql("DELETE FROM annotation")
        self.sql("DELETE FROM scrobbles")
        self.now = NOW
        self.navidrome.faults.clear()
        self.navidrome.playlists.clear()
        self.navidrome.trusts_header = False

    # The store

    def fill(self, model: str, vectors: Vectors, track_ids: Sequence[str]) -> None:
        """Vectors of tracks, with what the store keeps beside them."""
        columns = "id, library_id, artist_id, album_id, title, artist, duration"
        known = {row[0]: row for row in self.rows(f"SELECT {columns} FROM media_file")}
        names = [name.strip().replace("id", "track_id", name == "id") for name in columns.split(",")]
        rows = [dict(zip(names, known[i], strict=True)) | {"audio_id": f"audio-{i}"} for i in track_ids]
        params = {"model": model, "rows": rows, "dim": vectors.shape[1]}
        self.mesh.client.call("search", "vectors.upsert", params, [pack_vectors(vectors)])

    def fill_all(self) -> None:
        """Both models know all tracks; each hears them differently."""
        ids = self.tracks()
        for seed, (model, dimension) in enumerate(MODELS.items()):
            self.fill(model, np.random.default_rng(seed).standard_normal((len(ids), dimension)).astype(np.float32), ids)

    # Callers

    def as_user(self, name: str) -> dict[str, str]:
        """Headers of a native login."""
        return {"X-ND-Authorization": f"Bearer {self.navidrome.token(name)}"}

    def get(self, name: str, path: str) -> Answer:
        return self.mesh.get(path, **self.as_user(name))

    def post(self, name: str, path: str, /, **body: Any) -> Answer:
        return self.mesh.post(path, body, **self.as_user(name))

    def put(self, name: str, path: str, body: bytes) -> Answer:
        return self.mesh.request("PUT", path, body, {"Content-Type": "application/json", **self.as_user(name)})

    def mix(self, name: str, mode: str, /, **body: Any) -> dict[str, Any]:
        """A list; fails on an error."""
        answer = self.post(name, f"/api/recommendations/{mode}", **body)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        assert found["trackIds"] == [track["id"] for track in found["tracks"]]
        return found
