"""A mesh is saved while it runs, wiped, and restored here and on another machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import demo
from tests.harness.places import REPOSITORY
from tests.harness.supervised import SupervisedMesh


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path with a space in it."""
    path = Path(tempfile.mkdtemp(prefix="sm b "))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def _alike(mesh: SupervisedMesh, track: str) -> list[tuple[str, float]]:
    answer = mesh.json("recommend", track)
    return [(t["track_id"], t["score"]) for t in answer["tracks"]]


def _same(one: list[tuple[str, float]], other: list[tuple[str, float]]) -> bool:
    """The same tracks in the same order; scores roughly, because rows in another order round differently."""
    scores = pytest.approx([score for _, score in one], abs=1e-4)
    return [found for found, _ in one] == [found for found, _ in other] and [score for _, score in other] == scores


def test_a_mesh_comes_back_from_its_backup(folder: Path) -> None:
    library = demo.build_small(folder / "music", 8)
    mesh = SupervisedMesh(folder / "old", NAVIDROME_DB_PATH=library.database, SONICMESH_TOKEN="a-long-secret")
    other = SupervisedMesh(folder / "new")
    (other.folder / ".env").unlink()
    file = str(folder / "mesh.backup")
    try:
        # Given a mesh that runs
        assert mesh.json("run")["job"]["status"] == "completed"
        track = library.tracks[0].id
        before = _alike(mesh, track)
        assert before
        # When it is saved
        saved = mesh.json("backup", file)
        # Then all of it is there, and a restore beside the running mesh is refused
        assert saved["models"]["spectral"]["count"] == len(library.tracks)
        assert saved["tables"]["track"] == len(library.tracks)
        kinds = [job["kind"] for job in mesh.json("jobs")]  # the library may have begun to embed before `run` did
        assert (kinds[0], set(kinds[1:])) == ("backup", {"embed"})
        assert b"a-long-secret" not in Path(file).read_bytes()
        beside = mesh.sonicmesh("restore", file, "--force")
        assert (beside.returncode, "sonicmesh stop" in beside.stderr) == (1, True)
        assert mesh.sonicmesh("doctor").returncode == 0, mesh.sonicmesh("doctor").stdout
        # When it is idle and saved again, it is the same
        mesh.close()
        again = mesh.json("backup", str(folder / "standing.backup"))
        assert again["models"] == saved["models"]
        # When its data is lost and restored
        assert mesh.sonicmesh("restore", file).returncode == 1
        shutil.rmtree(mesh.folder / "data")
        restored = mesh.sonicmesh("restore", file)
        assert restored.returncode == 0, restored.stderr
        assert all(bar in restored.stderr for bar in ("checking the file", "spectral vectors", "100 %"))
        assert saved["models"]["spectral"]["checksum"][:16] in restored.stdout
        # Then nothing is embedded again and the answers are the same
        assert mesh.json("run")["job"]["total_operations"] == 0
        assert _same(_alike(mesh, track), before)
        mesh.close()
        # When it is restored in a folder without settings
        assert other.json("restore", file, "--settings")["settings"] == "written"
        # Then it continues there
        assert "a-long-secret" not in (other.folder / ".env").read_text()
        assert other.json("run")["job"]["total_operations"] == 0
        assert _same(_alike(other, track), before)
    finally:
        mesh.close()
        other.close()


@pytest.mark.parametrize("held", [True, False])
def test_a_backup_made_during_a_job_is_whole(folder: Path, held: bool) -> None:
    library = demo.build_small(folder / "music", 16)
    mesh = SupervisedMesh(folder / "old", NAVIDROME_DB_PATH=library.database)
    other = SupervisedMesh(folder / "new")
    (other.folder / ".env").unlink()
    try:
        mesh.json("run")
        before = _alike(mesh, library.tracks[0].id)
        # Given a job that rebuilds everything, running or paused
        with mesh.connect() as client:
            client.call("library", "batch.start", {"models": None, "clear_existing": True})
            if held:
                client.call("library", "batch.pause")
        # When it is saved meanwhile and restored elsewhere
        saved = mesh.json("backup", str(folder / "mesh.backup"))
        mesh.close()
        other.json("restore", str(folder / "mesh.backup"), "--settings")
        # Then the old vectors were in service, and the job continues there to its end
        assert saved["models"]["spectral"]["count"] == len(library.tracks)
        assert other.json("run", "--no-wait")["example"]["tracks"]
        if held:
            with other.connect() as client:
                assert client.call("library", "batch.progress").result["status"] == "paused"
                client.call("library", "batch.resume")
        assert other.json("embed")["status"] == "completed"
        assert other.json("status")["store"]["models"]["spectral"]["count"] == len(library.tracks)
        assert _same(_alike(other, library.tracks[0].id), before)
        assert other.json("embed")["total_operations"] == 0
    finally:
        mesh.close()
        other.close()


def _move(mesh: SupervisedMesh, to: str) -> dict[str, Any]:
    """Migrate the vectors of a running mesh to another store and continue there. Returns what was migrated."""
    moved: dict[str, Any] = mesh.json("migrate", "--to", to)
    env = mesh.folder / ".env"
    kept = [line for line in env.read_text().splitlines() if not line.startswith("NAVIDROME_MILVUS_URI=")]
    env.write_text("\n".join([*kept, moved["setting"], ""]))
    mesh.close()
    # Nothing is embedded again
    assert mesh.json("run")["job"]["total_operations"] == 0
    assert mesh.json("status")["store"]["uri"] == moved["to"]
    return moved


def test_a_mesh_moves_to_a_server_and_back(folder: Path, milvus_server: str) -> None:
    library = demo.build_small(folder / "music", 8)
    mesh = SupervisedMesh(folder / "h", NAVIDROME_DB_PATH=library.database)
    try:
        # Given a mesh with its vectors in a folder
        mesh.json("run")
        track = library.tracks[0].id
        before = _alike(mesh, track)
        # When they go to a server, and to another folder from there
        there = _move(mesh, milvus_server)
        on_server = _alike(mesh, track)
        back = _move(mesh, str(folder / "elsewhere" / "milvus.db"))
        # Then they are the same all the way, and so are the answers
        assert there["models"] == back["models"]
        assert there["models"]["spectral"]["count"] == len(library.tracks)
        assert _same(on_server, before)
        assert _same(_alike(mesh, track), before)
    finally:
        mesh.close()


def test_wrong_files_are_one_clear_line(folder: Path) -> None:
    mesh = SupervisedMesh(folder / "h")
    for name, message in (("absent", "there is no file"), (str(REPOSITORY / "README.md"), "not a backup")):
        done = mesh.sonicmesh("restore", name)
        assert done.returncode == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert not (mesh.folder / "data").exists()
