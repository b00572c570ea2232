"""The embedding job: what it embeds, what it skips, how it fails and continues."""

from __future__ import annotations

import pytest

from contract.errors import InvalidRequest, ModelFailed, ModelUnavailable, NotFound, SilentAudio
from tests.harness.library_mesh import LibraryMesh
from tests.harness.music import Music
from tests.harness.play_model import DIM, PlayModel
from tests.integration.workers.library.conftest import MakeLibrary


def fill(music: Music, count: int) -> list[str]:
    return [music.add(f"t{n}", f"album/{n:02d}.wav", seed=n) for n in range(count)]


def test_a_job_embeds_what_is_missing_and_nothing_twice(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given
    ids = fill(music, 6)
    library = make_library()
    # When
    job = library.embed()
    # Then
    assert (job["status"], job["total_tracks"], job["processed_tracks"], job["failed_tracks"]) == ("completed", 6, 6, 0)
    assert job["progress_percent"] == 100
    assert job["models"]["spectral"]["tracks_per_hour"] > 0
    assert sorted(mesh.vectors()) == ids
    # When nothing has changed
    again = library.embed()
    # Then
    assert (again["status"], again["total_operations"]) == ("completed", 0)
    assert len(mesh.model.heard) == 6


def test_the_same_audio_is_embedded_once(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given three files of the same audio, one of them in another library
    music.add("first", "a.wav", seed=1)
    music.add("second", "b/copy.wav", seed=1)
    music.add("third", "c.wav", seed=1, library=2)
    music.add("other", "d.wav", seed=2)
    # When
    job = make_library().embed()
    # Then
    assert (job["status"], job["processed_tracks"]) == ("completed", 4)
    rows = mesh.vectors()
    assert len(rows) == 4
    assert rows["first"]["audio_id"] == rows["second"]["audio_id"] == rows["third"]["audio_id"]
    assert len(mesh.model.heard) == 2


def test_failures_are_listed_and_retried_by_their_kind(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given a file that is no audio, one that is gone, and one on which the model fails
    fill(music, 2)
    (music.roots[1] / "text.mp3").write_text("not audio " * 300)
    music.add("text", "text.mp3")
    music.add("gone", "gone.wav")
    mesh.model.errors["01.wav"] = ModelFailed("it gave no number")
    library = make_library()
    # When
    job = library.embed()
    # Then
    assert (job["status"], job["processed_tracks"], job["failed_tracks"]) == ("completed_with_errors", 4, 3)
    failures = {f["track_id"]: f for f in library.call("batch.failures")["failures"]}
    assert {i: f["code"] for i, f in failures.items()} == {
        "text": "decode_failed",
        "gone": "file_missing",
        "t1": "model_failed",
    }
    assert {i: f["attempts"] for i, f in failures.items()} == {"text": 1, "gone": 1, "t1": 3}
    assert len(job["failures"]) == 3
    # When it runs again: only what is missing may have come back
    again = library.embed()
    assert (again["total_operations"], again["failed_tracks"]) == (1, 1)
    # When the model is well again and somebody asks to try again
    mesh.model.errors.clear()
    retried = library.embed(retry_failed=True)
    # Then
    assert (retried["total_operations"], retried["failed_tracks"]) == (3, 2)
    assert sorted(mesh.vectors()) == ["t0", "t1"]
    # When the text file has become music: without being asked
    music.replace("text", "text.wav", seed=9)
    music.update("text", path="text.wav")
    assert library.embed()["total_operations"] == 2
    assert sorted(mesh.vectors()) == ["t0", "t1", "text"]


def test_a_changed_file_is_embedded_again_a_retagged_one_is_not(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given
    fill(music, 3)
    library = make_library()
    library.embed()
    before = mesh.vectors()
    # When one file is replaced, one only has other tags, and one is elsewhere
    music.replace("t0", "album/00.wav", seed=50)
    music.update("t1", title="Third Room, Renamed")
    (music.roots[1] / "album/02.wav").rename(music.roots[1] / "moved.wav")
    music.update("t2", path="moved.wav")
    music.scan()
    job = library.embed()
    # Then
    assert (job["status"], job["total_operations"]) == ("completed", 3)
    assert mesh.model.heard[3:] == ["00.wav"]
    after = mesh.vectors()
    assert after["t0"]["audio_id"] != before["t0"]["audio_id"]
    assert after["t1"]["audio_id"] == before["t1"]["audio_id"]
    assert library.call("tracks.find", query="renamed third")["tracks"][0]["id"] == "t1"


def test_a_file_that_is_no_music_any_more_loses_its_vector(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given
    fill(music, 3)
    library = make_library()
    library.embed()
    # When
    (music.roots[1] / "album/01.wav").write_text("no music " * 300)
    music.update("t1", size=2700)
    job = library.embed()
    # Then
    assert (job["status"], job["failed_tracks"]) == ("completed_with_errors", 1)
    assert sorted(mesh.vectors()) == ["t0", "t2"]
    assert library.embed()["total_operations"] == 0


def test_a_store_that_lost_vectors_is_noticed(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given
    fill(music, 4)
    library = make_library()
    library.embed()
    # When the store loses two, and somebody deletes the state
    mesh.client.call("search", "vectors.delete", {"track_ids": ["t0", "t1"], "model": None})
    # Then
    assert library.embed()["processed_tracks"] == 2
    assert sorted(mesh.model.heard[4:]) == ["00.wav", "01.wav"]
    # When it is the state that is lost
    library.stop()
    for path in library.data.glob("state.db*"):
        path.unlink()
    library.start()
    job = library.embed()
    # Then the files are compared with what the store has, nothing is computed again
    assert (job["status"], job["processed_tracks"]) == ("completed", 4)
    assert len(mesh.model.heard) == 6
    assert len(mesh.vectors()) == 4


def test_another_model_id_embeds_everything_again(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given
    fill(music, 3)
    library = make_library()
    library.embed()
    # When
    mesh.model.model_id = "spectral-2"
    job = library.embed()
    # Then
    assert (job["status"], job["total_operations"]) == ("completed", 3)
    assert {row["model_id"] for row in mesh.vectors().values()} == {"spectral-2"}


def test_models_that_cannot_be_used_are_left_out(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given
    fill(music, 1)
    library = make_library()
    library.ready()
    # Then
    with pytest.raises(InvalidRequest, match="known are"):
        library.call("batch.start", models=["polka"])
    with pytest.raises(ModelUnavailable, match="muq"):
        library.call("batch.start", models=["muq"])
    # When one of two is there
    started = library.call("batch.start", models=["muq", "spectral"])
    # Then
    assert started["status"] == "started"
    assert len(started["warnings"]) == 1
    assert list(library.ended()["models"]) == ["spectral"]
    assert library.call("batch.job", job_id=started["job_id"])["status"] == "completed"
    with pytest.raises(NotFound):
        library.call("batch.job", job_id="none")
    described = {model["name"]: model["enabled"] for model in library.call("models.describe")["models"]}
    assert described["spectral"] is True
    assert described["mert"] is False


def test_two_models_count_a_track_once(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given
    fill(music, 3)
    second = PlayModel("latent")
    second.errors["00.wav"] = SilentAudio("nothing to hear")
    running = mesh.serve(second)
    library = make_library(SONICMESH_MODELS="spectral,latent")
    # When
    job = library.embed()
    running.stop()
    # Then
    assert (job["total_tracks"], job["processed_tracks"], job["failed_tracks"]) == (3, 3, 1)
    assert (job["total_operations"], job["processed_operations"]) == (6, 6)
    latent = job["models"]["latent"]
    assert (latent["total"], latent["done"], latent["failed"]) == (3, 2, 1)
    why = library.call("tracks.why", track_id="t0")["models"]
    assert (why["spectral"]["state"], why["latent"]["state"], why["latent"]["code"]) == (
        "done",
        "failed",
        "silent_audio",
    )
    assert {"read", "decode", "queue", "compute", "store"} <= why["spectral"]["seconds"].keys()


def test_only_the_tracks_asked_for(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    fill(music, 4)
    job = make_library().embed(track_ids=["t1", "t3", "unknown"])
    assert (job["total_tracks"], sorted(mesh.vectors())) == (2, ["t1", "t3"])


def test_a_long_track_is_started_early(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given a mix that Navidrome says takes an hour, last in its folder
    fill(music, 12)
    music.add("mix", "mixes/mix.wav", seed=50, duration=3600.0)
    library = make_library(BATCH_JOB_WORKERS="1")
    # When every track takes the model much longer than a file takes to be read, on a busy machine too
    mesh.model.seconds = 1.0
    job = library.embed()
    # Then
    assert (job["status"], job["processed_tracks"]) == ("completed", 13)
    assert "mix.wav" in mesh.model.heard[:4]  # two threads read the files; a small one may be ready before it


def test_another_dimension_needs_a_new_generation(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given vectors, then a model that makes longer ones
    fill(music, 3)
    library = make_library()
    library.embed()
    mesh.model.dim, mesh.model.model_id = 2 * DIM, "spectral-long"
    # When
    job = library.embed()
    # Then the job says what to do, and the old vectors stay
    assert (job["status"], job["failed_tracks"]) == ("failed", 0)
    assert "clearExisting" in job["message"]
    assert {row["model_id"] for row in mesh.vectors().values()} == {"spectral-1"}
    # When
    assert library.embed(clear_existing=True)["status"] == "completed"
    # Then
    assert {row["model_id"] for row in mesh.vectors().values()} == {"spectral-long"}
    # And back, for the tests to come
    mesh.model.dim = DIM
    assert library.embed(clear_existing=True)["status"] == "completed"
