"""A library that a real Navidrome scanned, and one that changes while the mesh runs."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

import demo
from tests.endtoend.mesh.conftest import MakeMesh
from tests.harness.places import SHARED
from tests.harness.waiting import eventually

LIVE = SHARED / "data/navidrome-live"


@pytest.mark.skipif(not LIVE.exists(), reason="the recorded Navidrome library is not here")
def test_a_real_library_is_embedded_and_says_what_failed(make_mesh: MakeMesh, tmp_path: Path) -> None:
    # Given the database of a real server, whose libraries are elsewhere on this machine
    database = tmp_path / "navidrome.db"
    shutil.copy(LIVE / "1-before-0.63.db", database)
    mesh = make_mesh(NAVIDROME_DB_PATH=database, SONICMESH_PATH_MAP=f"/music={LIVE}/music,/archive={LIVE}/archive")
    # When
    summary = mesh.json("run")
    # Then
    job = summary["job"]
    assert (job["total_tracks"], job["failed_tracks"]) == (53, 2)
    told = {Path(row["path"]).name: row["code"] for row in summary["failures"]}
    assert told == {
        "not audio.mp3": "decode_failed",
        "silence.flac": "silent_audio",
        "truncated.mp3": "truncated_audio",
    }
    # And a byte-identical copy has the vector of its original
    with mesh.connect() as client:
        found = client.call("library", "tracks.find", {"query": "copies/copy of first.mp3", "limit": 1})
        copy = found.result["tracks"][0]
        rows = client.call("search", "vectors.scan", {"model": "spectral", "limit": 100}).result["rows"]
        same = [row["track_id"] for row in rows if row["audio_id"] == _audio_id(rows, copy["id"])]
        assert len(same) == 2
        vectors = client.call("search", "vectors.lookup", {"model": "spectral", "track_ids": same}).blobs[0]
    half = len(vectors) // 2
    assert bytes(vectors[:half]) == bytes(vectors[half:])


def _audio_id(rows: list[dict[str, str]], track_id: str) -> str:
    return next(row["audio_id"] for row in rows if row["track_id"] == track_id)


def test_new_music_is_embedded_without_a_command(make_mesh: MakeMesh, tmp_path: Path) -> None:
    # Given a mesh on a small library
    library = demo.build_small(tmp_path / "library")
    mesh = make_mesh(NAVIDROME_DB_PATH=library.database, SONICMESH_LIBRARY_POLL_S="0.5")
    mesh.json("run")
    # When Navidrome finds another file
    _add_track(library)
    # Then it can be asked about a moment later
    with mesh.connect() as client:

        def embedded() -> bool:
            params = {"model": "spectral", "track_ids": ["NEWtrack00000000000000"]}
            return bool(client.call("search", "vectors.lookup", params).result["track_ids"])

        assert eventually(embedded, seconds=60)
    answer = mesh.json("recommend", "brand new")
    assert answer["seed"]["id"] == "NEWtrack00000000000000"
    assert answer["tracks"]


def _add_track(library: demo.DemoLibrary) -> None:
    """A new file, its row, and the mark of a finished scan."""
    rate = 44_100
    time = np.arange(5 * rate) / rate
    soundfile.write(library.music_root / "brand new.wav", 0.3 * np.sin(2 * np.pi * 330 * time) * np.exp(-time), rate)
    now = datetime.now(UTC).isoformat(sep=" ")
    with sqlite3.connect(library.database) as database:
        columns = [row[1] for row in database.execute("pragma table_info(media_file)")]
        changed = {
            "id": "NEWtrack00000000000000",
            "path": "brand new.wav",
            "title": "Brand New",
            "duration": 5.0,
            "suffix": "wav",
            "created_at": now,
            "updated_at": now,
        }
        chosen = ", ".join(f":{name}" if name in changed else f'"{name}"' for name in columns)
        like = "(select id from media_file where library_id = 1 limit 1)"
        database.execute(f"insert into media_file select {chosen} from media_file where id = {like}", changed)
        database.execute("update library set last_scan_at = ?", (now,))
    database.close()
