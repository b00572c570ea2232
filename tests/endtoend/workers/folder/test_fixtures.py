"""Data folders of earlier and later releases, and the command."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from tests.harness.data_folders import check_content, told, unpack, write
from tests.harness.planted_folder import BASE
from tests.harness.supervised import SupervisedMesh
from workers.folder.versions import newest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A path that is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="smf"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.parametrize("version", range(1, newest() + 1))
def test_a_folder_of_each_version_serves_as_it_did(version: int, folder: Path) -> None:
    # Given the folder that a mesh of that version left
    answers = unpack(version, folder)
    mesh = SupervisedMesh(folder, NAVIDROME_DB_PATH=folder / "navidrome.db", SONICMESH_AUTO_EMBED="false")
    try:
        # When this release starts on it
        mesh.json("run", "--no-wait")
        # Then everything is there, and the lists are the same
        with closing(mesh.connect()) as client:
            check_content(client, answers)
        for seed, near in answers["near"].items():
            found = mesh.json("recommend", seed, "--limit", str(len(near)))["tracks"]
            assert [track["track_id"] for track in found] == [track for track, _ in near]
            assert [track["score"] for track in found] == pytest.approx([score for _, score in near], abs=1e-4)
        assert mesh.json("status")["data"] == {
            "folder": str(folder / "data"),
            "version": newest(),
            "newest": newest(),
        }
        assert told(folder / "data")["version"] == newest()
    finally:
        mesh.close()


def test_the_command_refuses_a_newer_folder_and_the_doctor_tells_of_it(folder: Path) -> None:
    # Given
    unpack(BASE, folder)
    mesh = SupervisedMesh(folder, NAVIDROME_DB_PATH=folder / "navidrome.db")
    write(folder / "data", version=newest() + 1, written_by="9.8.7")
    told_of = f"{folder}/data has version {newest() + 1}, by Sonic Mesh 9.8.7; this is "
    # When it is started
    done = mesh.sonicmesh("run")
    # Then it is one line, and nothing runs
    assert done.returncode == 1
    assert told_of in done.stderr
    assert "upgrade Sonic Mesh, or move the folder away and restore an older backup" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stdout + done.stderr
    assert mesh.sonicmesh("status").returncode == 3
    # And everything else that would open the folder refuses too
    for arguments in (("backup", str(folder / "b")), ("migrate", "--to", str(folder / "m")), ("scale", "spectral=2")):
        refused = mesh.sonicmesh(*arguments)
        assert (refused.returncode, told_of in refused.stderr) == (1, True), refused.stderr
    assert not (folder / "b").exists()
    # And the doctor names it
    doctor = mesh.sonicmesh("doctor", "--json")
    assert doctor.returncode == 1
    (found,) = (each for each in orjson.loads(doctor.stdout)["findings"] if each["subject"] == "data folder")
    assert found["status"] == "wrong"
    assert found["message"].startswith(told_of)
    assert found["advice"].startswith("upgrade Sonic Mesh, or move the folder away")
