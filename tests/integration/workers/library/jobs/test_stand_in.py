"""A job for models that cannot be used here: the enabled ones stand in, for callers that know no other names."""

from __future__ import annotations

import pytest

from contract.errors import Conflict, InvalidRequest, ModelUnavailable
from tests.harness.library_mesh import LibraryMesh
from tests.harness.music import Music
from tests.harness.play_model import PlayModel
from tests.integration.workers.library.conftest import MakeLibrary

#: What the button of a page asks for.
PAGE = {"models": ["muq", "mert", "latent"], "clear_existing": True, "stand_in": True}


def fill(music: Music, count: int = 4) -> None:
    for n in range(count):
        music.add(f"t{n}", f"album/{n:02d}.wav", seed=n)


def test_the_enabled_model_embeds_what_is_missing_and_says_so(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given
    fill(music)
    library = make_library()
    library.ready()
    # When
    started = library.call("batch.start", **PAGE)
    job = library.ended()
    # Then
    assert started["status"] == "started"
    assert started["warnings"][0]["message"].startswith(
        "spectral embeds what is missing, in place of muq, mert, latent"
    )
    assert (job["status"], job["job_id"], job["processed_tracks"]) == ("completed", started["job_id"], 4)
    assert job["message"] == started["warnings"][0]["message"]
    # When nothing is missing: nothing is cleared, the job ends at once
    again = library.call("batch.start", **PAGE)
    job = library.ended()
    assert (job["job_id"], job["status"], job["progress_percent"]) == (again["job_id"], "completed", 100)
    assert job["total_operations"] == 0
    assert len(mesh.model.heard) == 4


def test_one_usable_model_is_enough_and_clears_its_own(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given a second model that runs without being enabled
    fill(music)
    library = make_library()
    model = PlayModel("latent")
    running = mesh.serve(model)
    try:
        library.embed(models=["latent"])
        started = library.call("batch.start", **{**PAGE, "models": ["muq", "latent", "qwen3"]})
        job = library.ended()
        assert set(job["models"]) == {"latent"}
        assert (job["status"], job["total_tracks"], job["message"]) == ("completed", 4, "")
        assert len(model.heard) == 8
        assert [warning["message"].split()[0] for warning in started["warnings"]] == ["qwen3", "no"]
    finally:
        running.stop()
        mesh.client.call("search", "vectors.delete", {"track_ids": [f"t{n}" for n in range(4)], "model": None})


def test_a_job_that_began_by_itself_is_joined(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given
    fill(music)
    mesh.model.gate.clear()
    library = make_library(SONICMESH_AUTO_EMBED="true")
    running = library.until(lambda job: job["status"] == "running", "it embeds by itself")
    # When
    started = library.call("batch.start", **PAGE)
    # Then
    assert started["job_id"] == running["job_id"]
    assert library.progress()["message"] == started["warnings"][0]["message"]
    # And a paused one is a conflict, as is any for who names a model that can be used
    with pytest.raises(Conflict):
        library.call("batch.start", models=["spectral"], stand_in=True)
    library.call("batch.pause")
    with pytest.raises(Conflict):
        library.call("batch.start", **PAGE)
    library.call("batch.resume")
    mesh.model.gate.set()
    job = library.ended()
    assert (job["status"], job["message"]) == ("completed", started["warnings"][0]["message"])


def test_a_job_that_a_person_began_is_not_joined(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    fill(music)
    mesh.model.gate.clear()
    library = make_library()
    library.ready()
    library.call("batch.start")
    with pytest.raises(Conflict):
        library.call("batch.start", **PAGE)
    mesh.model.gate.set()
    assert library.ended()["status"] == "completed"


def test_an_enabled_model_that_is_away_is_an_error(music: Music, make_library: MakeLibrary) -> None:
    # Given that one of the requested models is enabled, and none is running
    fill(music)
    library = make_library(SONICMESH_MODELS="spectral,muq")
    library.ready()
    with pytest.raises(ModelUnavailable) as error:
        library.call("batch.start", **PAGE)
    assert "muq" in error.value.message


def test_the_command_keeps_its_errors(music: Music, make_library: MakeLibrary) -> None:
    fill(music)
    library = make_library()
    library.ready()
    with pytest.raises(ModelUnavailable):
        library.call("batch.start", models=["muq"])
    with pytest.raises(InvalidRequest):
        library.call("batch.start", models=["qwen3"])
    with pytest.raises(InvalidRequest):
        library.call("batch.start", models=["muqq"], stand_in=True)
