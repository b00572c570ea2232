"""Missing disks and shares, files read in part: nothing temporary is recorded as permanent."""

from __future__ import annotations

from typing import Any

from contract.errors import Conflict, FileUnreadable
from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music, tone
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary

TRACKS = ("a", "b", "c")


def tried(library: LibraryWorker) -> dict[str, Any] | None:
    """A job that somebody requested; None while an automatic one runs."""
    try:
        return library.embed()
    except Conflict:
        return None


def test_a_share_that_comes_back(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given tracks on a share that is not mounted, and one elsewhere
    for number, track in enumerate(TRACKS):
        music.add(track, f"nas/album/{track}.wav")
        tone(music.folder / f"elsewhere/album/{track}.wav", seed=number)
    music.add("here", "here.wav", seed=9)
    (music.roots[1] / "nas").mkdir()  # where it will be mounted
    library = make_library(SONICMESH_AUTO_EMBED="true")
    library.until(lambda p: p["status"] == "completed_with_errors", "the first job has ended")
    # Then the progress says what they wait for
    told = library.until(lambda p: p["waiting"], "the share is seen to be away")
    assert told["waiting"]["path"] == str(music.roots[1] / "nas")
    assert "3 tracks wait" in told["waiting"]["reason"]
    # When a person has tried it again and again
    for _ in range(4):
        job = eventually(lambda: tried(library), "no automatic job is in the way")
        assert (job["total_operations"], job["failed_tracks"]) == (3, 3)
    # When the share is back, nobody does anything and Navidrome does not scan
    (music.roots[1] / "nas").rmdir()
    (music.folder / "elsewhere").rename(music.roots[1] / "nas")
    # Then its tracks are embedded
    eventually(lambda: sorted(mesh.vectors()) == ["a", "b", "c", "here"], "the tracks are embedded")
    library.until(lambda p: p["waiting"] is None, "nothing is waited for")


def test_a_file_that_can_be_read_again(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given a file that a model cannot read for now
    music.add("bad", "bad.wav", seed=1)
    mesh.model.errors["bad.wav"] = FileUnreadable("reading failed at byte 5 of 10: Input/output error")
    library = make_library()
    for attempts in range(1, 6):
        job = library.embed()
        assert (job["total_operations"], job["failures"][0]["attempts"]) == (1, attempts)
    assert job["failures"][0]["code"] == "file_unreadable"
    # When it can
    mesh.model.errors.clear()
    assert library.embed()["status"] == "completed"
    assert list(mesh.vectors()) == ["bad"]


def test_it_is_tried_again_by_itself(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    """Though its folder was there all the time: a file that failed in the middle can only be retried."""
    music.add("bad", "bad.wav", seed=1)
    mesh.model.errors["bad.wav"] = FileUnreadable("reading failed at byte 5 of 10: Input/output error")
    library = make_library(SONICMESH_AUTO_EMBED="true")
    library.until(lambda p: p["status"] == "completed_with_errors", "the first job has ended")
    mesh.model.errors.clear()
    eventually(lambda: list(mesh.vectors()) == ["bad"], "it is embedded after a pause")


def test_a_file_that_comes_late_is_seen(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    """Whether a file is missing shows only when it is opened."""
    music.add("late", "album/late.wav")
    music.add("there", "album/there.wav", seed=2)
    library = make_library(SONICMESH_AUTO_EMBED="true")
    library.until(lambda p: p["status"] == "completed_with_errors", "the first job has ended")
    tone(music.roots[1] / "album/late.wav", seed=3)
    eventually(lambda: "late" in mesh.vectors(), "the file is seen, though its folder was there")


def test_a_copy_of_half_a_track_is_half_a_track(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given
    music.add("half", "half.wav", seed=1)
    mesh.model.warnings["half.wav"] = "only 1.0 of 2.0 s could be decoded"
    library = make_library()
    library.embed()
    # When a copy of it comes, and then it is retagged
    music.add("copy", "copy.wav", seed=1)
    library.embed()
    music.update("half", album="Other Rooms")
    assert library.embed()["total_operations"] == 1
    # Then both say so
    assert mesh.model.heard == ["half.wav"]
    listed = library.call("batch.failures", warnings=True)["failures"]
    expected = ("truncated_audio", "only 1.0 of 2.0 s could be decoded")
    assert {f["track_id"]: (f["code"], f["message"]) for f in listed} == {"half": expected, "copy": expected}


def test_half_a_track_that_got_in_is_mended_when_asked(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given two tracks of which half was read, and nothing of the files has changed for Navidrome
    for track in ("one", "two"):
        music.add(track, f"{track}.wav", seed=1)
    music.add("whole", "whole.wav", seed=2)
    mesh.model.warnings |= {"one.wav": "half", "two.wav": "half"}
    library = make_library()
    library.embed()
    before = library.call("tracks.why", track_id="one")["models"]["spectral"]["audio_id"]
    half = mesh.vectors()["one"]["audio_id"]
    # When they can be read completely, nothing happens automatically
    mesh.model.warnings.clear()
    mesh.model.heard.clear()
    for track in ("one", "two"):
        tone(music.roots[1] / f"{track}.wav", seed=5)
    assert library.embed()["total_operations"] == 0
    # When it is asked for
    job = library.embed(retry_failed=True)
    # Then both are read again, and one is embedded for both
    assert (job["total_operations"], job["status"]) == (2, "completed")
    assert len(mesh.model.heard) == 1
    assert library.call("batch.failures", warnings=True)["total"] == 0
    after = library.call("tracks.why", track_id="one")["models"]["spectral"]["audio_id"]
    assert len({before, after, half}) == 2
    assert {row["audio_id"] for i, row in mesh.vectors().items() if i != "whole"} == {after}
