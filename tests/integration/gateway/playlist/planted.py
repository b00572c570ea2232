"""A real mesh with planted vectors in two collections: the plan determines the answer to every request.

Tracks are named by their place in the demo library. A plan says how close a track is (as a cosine) to each of a few
directions at right angles; what is left of its length points where no other track does.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import demo
from bench.ports import free_port
from broker.vectors import Vectors, pack_vectors
from tests.harness.http import TIMEOUT, request
from tests.harness.mesh import Mesh
from tests.harness.waiting import eventually

#: Values of a vector, by model.
DIMENSIONS = {"spectral": 96, "muq": 1536}
#: The text that is to be avoided; in `spectral` it points where `TEXT` does.
PROMPT = "harsh noise"
#: Directions: of two seeds, of two near copies, of the text, of another thing to avoid.
A, B, TWIN, TEXT, HARSH = range(5)
#: The tracks that are the seeds.
SEED_A, SEED_B = 0, 1
Closeness = Mapping[int, Mapping[int, float]]
#: Neighbours of B; and tracks that are near to nothing, though no two are equally far from A.
NEAR_B: Closeness = {8: {B: 0.9, A: 0.1}, 9: {B: 0.85, A: 0.08}, 10: {B: 0.8, A: 0.06}, 11: {B: 0.7, A: 0.04}}
FAR: Closeness = {track: {A: 0.3 - 0.02 * (track - 16)} for track in range(16, 24)}
#: Closeness by model, track and direction. 12 and 13 are known to `spectral` only, 14 and 15 to `muq` only; in `muq`
#: the neighbours of A come the other way round.
PLAN: Mapping[str, Closeness] = {
    "spectral": {
        SEED_A: {A: 1.0},
        SEED_B: {B: 1.0},
        2: {A: 0.9},
        3: {A: 0.85, TWIN: 0.5},
        4: {A: 0.8, TWIN: 0.58},
        5: {A: 0.7, TEXT: 0.6},
        6: {A: 0.65, HARSH: 0.6},
        7: {A: 0.6},
        **NEAR_B,
        12: {A: 0.5},
        13: {A: 0.4},
        **FAR,
    },
    "muq": {
        SEED_A: {A: 1.0},
        SEED_B: {B: 1.0},
        7: {A: 0.9},
        6: {A: 0.85},
        5: {A: 0.8},
        4: {A: 0.7},
        3: {A: 0.6},
        2: {A: 0.5},
        **NEAR_B,
        14: {A: 0.95},
        15: {A: 0.4},
        **FAR,
    },
}
#: Tracks of the second library.
ARCHIVE = (5, 8, 12)


@dataclass(frozen=True)
class Answer:
    """A list of tracks by their place in the demo library, best first."""

    order: list[int]
    scores: dict[int, float]
    tracks: dict[int, dict[str, Any]]
    warnings: list[str]


class PlantedMesh(Mesh):
    """Broker, search, library, spectral and gateway, each a process."""

    def __init__(self) -> None:
        self.port = free_port()
        super().__init__(
            NAVIDROME_RECOMMENDER_PORT=str(self.port),
            TEXT_EMBEDDING_PORT=str(free_port()),
            TEXT_EMBEDDING_USE_STUBS="true",
            SONICMESH_AUTO_EMBED="false",
            # Not what `auto` would choose here, which is muq.
            SONICMESH_DEFAULT_MODEL="spectral",
            SONICMESH_RATE_PER_USER="0",
            SONICMESH_RATE_PER_ADDRESS="0",
            SONICMESH_PLAYLIST_SECONDS=str(TIMEOUT),
            SONICMESH_TEXT_BUDGET_S=str(TIMEOUT),
            OMP_NUM_THREADS="1",
        )
        with self.closed_on_failure():
            self._start()

    def _start(self) -> None:
        self.library = demo.build_small(self.folder / "demo", 24)
        self.ids = [track.id for track in self.library.tracks]
        self._sql("UPDATE media_file SET library_id = 2 WHERE id IN (?, ?, ?)", *(self.ids[n] for n in ARCHIVE))
        self.environment["NAVIDROME_DB_PATH"] = str(self.library.database)
        for arguments in (("search",), ("library",), ("embed", "spectral")):
            self.spawn("-m", "workers", *arguments, "--name", arguments[-1])
        self.spawn_logged(self.log, "-m", "gateway")
        for service in ("search", "library", "embed.spectral"):
            self.wait_for(service)
        eventually(self._library_is_read, "the library is read")
        eventually(self._answers, "the gateway answers")
        self.directions = {model: self._directions(model) for model in DIMENSIONS}
        for model in DIMENSIONS:
            self._plant(model)

    @property
    def log(self) -> Path:
        """What the gateway logs."""
        return self.folder / "gateway.log"

    # The store

    def _directions(self, model: str) -> Vectors:
        """[dim, dim], rows at right angles; that of the text is where the worker puts the text."""
        dimension = DIMENSIONS[model]
        columns = np.random.default_rng(dimension).standard_normal((dimension, dimension))
        if model == "spectral":
            status, answer = self.post("/embed_text", {"text": PROMPT, "model": model})
            assert status == 200 and answer["is_stub"], answer
            columns[:, 0] = answer["embedding"]
        rows = np.linalg.qr(columns)[0].T.astype(np.float32)
        rows[0] *= np.sign(rows[0] @ columns[:, 0])
        rows[[0, TEXT]] = rows[[TEXT, 0]]
        return rows

    def _plant(self, model: str) -> None:
        plan, directions = PLAN[model], self.directions[model]
        vectors = np.stack([_place(n, closeness, directions) for n, closeness in plan.items()])
        known = {row["track_id"]: row for row in self._rows()}
        rows = [known[self.ids[track]] | {"audio_id": f"audio-{track}"} for track in plan]
        params = {"model": model, "rows": rows, "dim": DIMENSIONS[model]}
        written = self.client.call("search", "vectors.upsert", params, [pack_vectors(vectors)]).result["written"]
        assert written == len(plan)

    # Navidrome's database

    def _sql(self, statement: str, *values: object) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.library.database)) as connection, connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]

    def _rows(self) -> list[dict[str, Any]]:
        """What the store keeps beside the vectors."""
        return self._sql(
            "SELECT id AS track_id, library_id, artist_id, album_id, title, artist, duration FROM media_file"
        )

    def artist(self, track: int) -> tuple[str, set[int]]:
        """The artist's id, and all tracks by the same one."""
        artists = {self.ids.index(row["track_id"]): row["artist_id"] for row in self._rows()}
        return artists[track], {other for other, artist in artists.items() if artist == artists[track]}

    def playlist(self, name: str) -> tuple[str, set[int]]:
        """A playlist's id, and its tracks."""
        rows = self._sql(
            "SELECT playlist_id, media_file_id FROM playlist_tracks "
            "WHERE playlist_id IN (SELECT id FROM playlist WHERE name = ?)",
            name,
        )
        return rows[0]["playlist_id"], {self.ids.index(row["media_file_id"]) for row in rows}

    # Callers

    def seed(self, track: int, **fields: Any) -> dict[str, Any]:
        return {"track_id": self.ids[track], **fields}

    def vector(self, model: str, direction: int) -> list[float]:
        """A direction, as a caller sends it."""
        return [float(value) for value in self.directions[model][direction]]

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        return request(self.port, "POST", path, json.dumps(body).encode(), **headers)

    def request(self, **fields: Any) -> dict[str, Any]:
        """Everything that is near seed A, as far as the fields say nothing else."""
        usual = {"user_id": "u1", "user_name": "alice", "limit": 100, "seeds": [self.seed(SEED_A)]}
        return {**usual, **fields}

    def ask(self, **fields: Any) -> Answer:
        """A list; fails on an error."""
        status, answer = self.post("/playlist/custom", self.request(**fields))
        assert status == 200, answer
        tracks = {self.ids.index(track["track_id"]): track for track in answer["tracks"]}
        assert len(tracks) == len(answer["tracks"]), "a track came twice"
        scores = {track: found["score"] for track, found in tracks.items()}
        return Answer(list(tracks), scores, tracks, answer["warnings"])

    def refused(self, path: str = "/playlist/custom", **fields: Any) -> dict[str, Any]:
        """The error of a request that must be refused."""
        status, answer = self.post(path, self.request(**fields))
        assert status == 400, answer
        error: dict[str, Any] = answer["error"]
        return error

    def _library_is_read(self) -> bool:
        status = self.client.call("library", "library.status").result
        return bool(status["state"] == "ready" and status["tracks"] == len(self.ids))

    def _answers(self) -> bool:
        try:
            return self.post("/embed_text", {"text": PROMPT, "model": "spectral"})[0] == 200
        except OSError:
            return False


def _place(track: int, closeness: Mapping[int, float], directions: Vectors) -> Vectors:
    """[dim], unit length."""
    planned = sum((cosine * directions[n] for n, cosine in closeness.items()), np.zeros_like(directions[0]))
    rest = max(0.0, 1.0 - sum(cosine**2 for cosine in closeness.values()))
    placed: Vectors = (planned + rest**0.5 * directions[HARSH + 1 + track]).astype(np.float32)
    return placed
