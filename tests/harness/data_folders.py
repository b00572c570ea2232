"""Data folders to open: those of earlier releases, from `tests/data`, and made ones."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from broker.client import MeshClient
from tests.harness.places import DATA


def fixture(version: int) -> Path:
    """The archive of a folder of that version."""
    return DATA / f"data_folder_v{version}.tar.xz"


def unpack(version: int, folder: Path) -> dict[str, Any]:
    """Put `data` and `navidrome.db` into `folder`. Returns the answers of the mesh that left them."""
    with tarfile.open(fixture(version)) as archive:
        archive.extractall(folder, filter="data")
    answers: dict[str, Any] = orjson.loads((folder / "answers.json").read_bytes())
    return answers


def tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def write(data: Path, **version: Any) -> None:
    """The version file, as some release may have left it."""
    data.mkdir(exist_ok=True)
    (data / "version.json").write_bytes(orjson.dumps(version))


def told(data: Path) -> dict[str, Any]:
    """What the version file says."""
    value: dict[str, Any] = orjson.loads((data / "version.json").read_bytes())
    return value


def history(client: MeshClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.call("library", "batch.jobs", {}).result["jobs"]
    return found


def check_content(client: MeshClient, answers: dict[str, Any]) -> None:
    """Every track has its vector and its history, and the jobs are there."""
    rows = client.call("search", "vectors.scan", {"model": "spectral", "limit": 1000}).result["rows"]
    assert sorted(row["track_id"] for row in rows) == answers["tracks"]
    for track in answers["tracks"]:
        why = client.call("library", "tracks.why", {"track_id": track}).result
        assert why["track"]["path"].startswith("/srv/music/")
        assert {name: model["state"] for name, model in why["models"].items()} == {"spectral": "done"}
    jobs = history(client)
    assert answers["job"]["job_id"] in {job["job_id"] for job in jobs}
    assert sum(job["processed_tracks"] for job in jobs) == len(answers["tracks"])
    assert {job["status"] for job in jobs} == {"completed"}
