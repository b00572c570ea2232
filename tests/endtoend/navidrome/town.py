"""A real Navidrome with two libraries, and a mesh that reads its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.endtoend.navidrome.binaries import recorded_music
from tests.endtoend.navidrome.server import Navidrome, Person, copy_music, running
from tests.harness.http import answers
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually

#: Seconds within which a mesh on a loaded machine follows its library, and embeds all of it.
FOLLOW_S = 180.0
ENDED = ("completed", "completed_with_errors", "failed", "cancelled")


@dataclass(frozen=True)
class Town:
    """`music` and `archive` are the folders of the libraries 1 and 2."""

    navidrome: Navidrome
    music: Path
    archive: Path

    @property
    def admin(self) -> Person:
        return self.navidrome.admin

    def song(self, path: str) -> str:
        """Id of a track by the end of its path."""
        (found,) = [song["id"] for song in self.admin.songs() if song["path"].endswith(path)]
        return str(found)


@contextmanager
def running_town(version: str, folder: Path, **settings: str) -> Iterator[Town]:
    """A server that has scanned both libraries."""
    recorded = recorded_music()
    music = copy_music(recorded / "music", folder / "music")
    archive = copy_music(recorded / "archive", folder / "archive")
    with running(version, folder, music, **settings) as navidrome:
        town = Town(navidrome, music, archive)
        navidrome.admin.api("POST", "/api/library", {"name": "Archive", "path": str(archive)})
        eventually(lambda: {song["libraryId"] for song in town.admin.songs()} == {1, 2}, seconds=FOLLOW_S)
        navidrome.scanned()
        yield town


@contextmanager
def mesh_of(town: Town, folder: Path, port: int, **settings: str | Path) -> Iterator[SupervisedMesh]:
    """The mesh of a server; it may still be embedding. Nothing is set but paths, ports and `settings`."""
    mesh = SupervisedMesh(
        folder,
        NAVIDROME_DB_PATH=town.navidrome.database,
        NAVIDROME_URL=town.navidrome.url,
        NAVIDROME_RECOMMENDER_PORT=port,
        **settings,
    )
    mesh.port = port
    try:
        mesh.json("run", "--no-wait")
        eventually(lambda: answers(port), seconds=FOLLOW_S)
        yield mesh
    finally:
        mesh.close()


def progress(mesh: SupervisedMesh) -> dict[str, Any]:
    """How far the mesh's last job is."""
    with mesh.connect() as client:
        return client.call("library", "batch.progress").result


def job_ended(mesh: SupervisedMesh) -> dict[str, Any]:
    """The mesh's last job, once it has ended."""
    found: dict[str, Any] = eventually(lambda: (job := progress(mesh))["status"] in ENDED and job, seconds=FOLLOW_S)
    return found
