"""Three databases of real Navidrome servers: before changes, after them, after the upgrade to 0.64."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.places import SHARED
from tests.harness.waiting import eventually

LIVE = SHARED / "data/navidrome-live"
pytestmark = pytest.mark.skipif(not LIVE.is_dir(), reason="the recorded databases are not on this machine")


class Recorded(Music):
    """A copy of the recorded library that a test may change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "navidrome.db"
        self.roots = {1: folder / "music", 2: folder / "archive"}
        for root in self.roots.values():
            shutil.copytree(LIVE / root.name, root, copy_function=shutil.copyfile)
            for path in (root, *root.rglob("*")):
                path.chmod(0o755)

    def load(self, name: str) -> None:
        """Put another database in the place of the present one."""
        part = self.folder / "part"
        shutil.copyfile(LIVE / name, part)
        part.chmod(0o644)
        part.replace(self.database)

    def change(self) -> None:
        """Do to the files what was done to them before the second scan."""
        for change in json.loads((LIVE / "changes.json").read_text()):
            path = self.folder / change["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            if change["op"] == "move":
                target = self.folder / change["to"]
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
            elif change["op"] == "delete":
                path.unlink()
            else:
                name = change.get("file") or f"added-{path.stem.lstrip('0')}.ogg"
                shutil.copyfile(LIVE / "changed-files" / name, path)


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    music = Recorded(tmp_path / "live")
    music.load("1-before-0.63.db")
    return music


@pytest.fixture
def mesh() -> Iterator[LibraryMesh]:
    """A mesh of its own, with the real model `spectral`."""
    mesh = LibraryMesh()
    mesh.stop_model()
    mesh.spawn("-m", "workers", "embed", "spectral", "--name", "spectral_01")
    mesh.wait_for("embed.spectral")
    yield mesh
    mesh.close()


@pytest.fixture
def library(mesh: LibraryMesh, recorded: Recorded, tmp_path: Path) -> LibraryWorker:
    return LibraryWorker(mesh, recorded, tmp_path / "data", SONICMESH_AUTO_EMBED="true")


def why(library: LibraryWorker, track_id: str) -> dict[str, Any]:
    """The state of a track with the model."""
    found: dict[str, Any] = library.call("tracks.why", track_id=track_id)["models"]["spectral"]
    return found


def stages(library: LibraryWorker, track_id: str) -> dict[str, float]:
    """Seconds by stage of what was done last for a track."""
    found: dict[str, float] = why(library, track_id)["seconds"]
    return found


def test_nothing_is_lost_and_nothing_done_again(mesh: LibraryMesh, library: LibraryWorker, recorded: Recorded) -> None:
    # Given the first database: everything is embedded but the text file and the silent track
    job = library.ended()
    assert (job["status"], job["total_tracks"], job["processed_tracks"]) == ("completed_with_errors", 53, 53)
    listed = library.call("batch.failures", warnings=True)["failures"]
    assert {(f["path"], f["code"]) for f in listed} == {
        ("unsorted/not audio.mp3", "decode_failed"),
        ("unsorted/silence.flac", "silent_audio"),
        ("unsorted/truncated.mp3", "truncated_audio"),
    }
    first = mesh.vectors()
    assert len(first) == 51
    made = {track_id: row["audio_id"] for track_id, row in first.items()}
    twins = ("The Rusty Gates/Back Lane/01 - First Gate.mp3", "copies/copy of first.mp3")
    ids = [library.call("tracks.find", query=path)["tracks"][0]["id"] for path in twins]
    assert made[ids[0]] == made[ids[1]]
    assert sorted("compute" in stages(library, track_id) for track_id in ids) == [False, True]
    bob = {"user_id": "nHehZed00mSARbscXctNv0", "user_name": "bob"}
    library.call("people.settings.change", **bob, changes={"mix_length": 42})
    # When files were moved, retagged, replaced, deleted and added
    recorded.change()
    recorded.load("2-changed-0.63.db")
    library.until(lambda p: p["job_id"] != job["job_id"] and p["status"].startswith("completed"), "the changes")
    # Then two files are new, one has other music; the deleted one is missed and its vector kept
    second = mesh.vectors()
    assert len(second) == 53
    assert sum(second[track_id]["audio_id"] != audio for track_id, audio in made.items()) == 1
    assert library.call("library.status")["missing"] == 1
    computed = [
        track_id
        for track_id in second
        if why(library, track_id)["updated_at"] > job["ended_at"] and "compute" in stages(library, track_id)
    ]
    assert sorted(made.get(track_id, "") != second[track_id]["audio_id"] for track_id in computed) == [True] * 3
    # When Navidrome 0.64 has given almost everything another id
    newest = library.progress()["job_id"]
    recorded.load("3-upgraded-0.64.db")
    eventually(lambda: len(mesh.vectors().keys() & second.keys()) <= 5, "the vectors have the new ids")
    # Then nothing is lost, nothing is embedded again, and both ids are understood
    third = mesh.vectors()
    assert sorted(row["audio_id"] for row in third.values()) == sorted(row["audio_id"] for row in second.values())
    assert library.progress()["job_id"] == newest
    old = next(track_id for track_id in second if track_id not in third)
    assert library.call("tracks.get", track_ids=[old])["tracks"][0]["id"] in third
    assert len(library.call("batch.failures")["failures"]) == 2
    # And people have their settings, whatever their ids
    person = {"user_id": "5PKEpRcyfoYioYRUrHCKbi", "user_name": "bob"}
    assert library.call("people.settings", **person)["mix_length"] == 42
    assert library.embed()["total_operations"] == 0
