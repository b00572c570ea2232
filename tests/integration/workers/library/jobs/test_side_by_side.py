"""Two models of one job run together if they fit, otherwise one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.errors import MeshError, ModelUnavailable, OutOfMemory
from tests.harness.library_mesh import ENDED, LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.play_model import DIM, PlayModel
from tests.harness.services.toy_model import install
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary
from workers.models.memory import MemoryBudget

TRACKS = 16
BOTH = {"spectral", "latent"}
TOYS = {"toy": "tests.harness.services.toy_model:TOY", "toy2": "tests.harness.services.toy_model:TOY_TWO"}


def fill(music: Music, count: int = TRACKS) -> None:
    for n in range(count):
        music.add(f"t{n:02d}", f"album/{n:02d}.wav", seed=n)


MakeToys = Callable[[str], LibraryWorker]


@pytest.fixture
def toys(music: Music, tmp_path: Path) -> Iterator[MakeToys]:
    """Starts a mesh with two model workers of 600 MB each in processes of their own, and as much memory as is said."""
    meshes: list[LibraryMesh] = []
    install(tmp_path / "site", **TOYS)
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()

    def make(memory: str) -> LibraryWorker:
        mesh = LibraryMesh(
            PYTHONPATH=str(tmp_path / "site"),
            TEXT_EMBEDDING_CHECKPOINT_DIR=str(checkpoints),
            SONICMESH_CPU_MODEL_MEMORY=memory,
        )
        meshes.append(mesh)
        for model in TOYS:
            (checkpoints / f"{model}.seconds").write_text("0.8")
            mesh.spawn("-m", "workers", "embed", model, "--name", f"{model}_01")
            mesh.wait_for(f"embed.{model}")
        fill(music)
        return LibraryWorker(mesh, music, tmp_path / "data", SONICMESH_MODELS=",".join(TOYS))

    yield make
    for mesh in meshes:
        mesh.close()


def watch(library: LibraryWorker) -> list[set[str]]:
    """Run a job; which models held requests, as often as there was time to look."""
    library.ready()
    library.call("batch.start")
    seen: list[set[str]] = []

    def ended() -> bool:
        seen.append(library.mesh.in_flight(2))  # one may be the question whether it fits
        return library.progress()["status"] in ENDED

    eventually(ended, "the job has ended")
    return seen


def loads(library: LibraryWorker) -> dict[str, int]:
    """How often each model was loaded."""
    data = library.mesh.folder / "data"
    return {model: (data / f"{model}.log").read_text().split("\n").count("load") for model in TOYS}


@pytest.mark.parametrize(("memory", "together"), [("2G", True), ("1G", False)])
def test_memory_decides(toys: MakeToys, memory: str, together: bool) -> None:
    # Given two models that fit into 2 GB together and not into 1 GB
    library = toys(memory)
    # When
    seen = watch(library)
    # Then
    assert ({"toy", "toy2"} in seen) is together
    job = library.progress()
    assert (job["status"], job["processed_operations"]) == ("completed", 2 * TRACKS)
    assert all(len(library.mesh.vectors(model)) == TRACKS for model in TOYS)
    # And neither was unloaded for the other while it had work
    assert loads(library) == {"toy": 1, "toy2": 1}
    held = MemoryBudget(library.mesh.folder / "run").uses()
    assert {entry.model for entry in held.values()} == ({"toy", "toy2"} if together else {"toy2"})


@pytest.fixture
def second(mesh: LibraryMesh) -> Iterator[PlayModel]:
    """The model `latent`, beside `spectral`."""
    model = PlayModel("latent")
    running = mesh.serve(model)
    yield model
    model.gate.set()
    running.stop()
    if "latent" in mesh.client.call("search", "store.status").result["models"]:
        mesh.client.call("search", "vectors.delete", {"track_ids": list(mesh.vectors("latent")), "model": "latent"})


@pytest.fixture
def library(mesh: LibraryMesh, second: PlayModel, music: Music, make_library: MakeLibrary) -> LibraryWorker:
    fill(music)
    mesh.model.seconds = second.seconds = 0.05
    library = make_library(SONICMESH_MODELS="spectral,latent")
    library.ready()
    return library


def together(library: LibraryWorker) -> None:
    """Start a job; returns once both are at work and have done something."""
    library.call("batch.start")
    library.until(lambda p: len(p["models"]) == 2 and all(m["done"] > 1 for m in p["models"].values()), "both at work")


def check_complete(library: LibraryWorker) -> None:
    job = library.ended()
    assert (job["status"], job["processed_operations"], job["failed_tracks"]) == ("completed", 2 * TRACKS, 0)
    assert (job["total_tracks"], job["processed_tracks"]) == (TRACKS, TRACKS)
    assert all(len(library.mesh.vectors(model)) == TRACKS for model in BOTH)


def test_a_killed_library_worker_takes_both_up_again(
    library: LibraryWorker, mesh: LibraryMesh, second: PlayModel
) -> None:
    # Given
    together(library)
    # When
    library.kill()
    library.start()
    # Then
    check_complete(library)
    for model in (mesh.model, second):
        assert sum(count > 1 for count in Counter(model.heard).values()) <= 12


def test_pause_and_cancel_hold_both(library: LibraryWorker, mesh: LibraryMesh) -> None:
    # Given
    together(library)
    # When
    library.call("batch.pause")
    # Then what is under way is finished, and nothing new begun
    eventually(lambda: not mesh.in_flight(), "both have finished what they held")
    assert library.progress()["processed_operations"] < 2 * TRACKS
    # When
    library.call("batch.resume")
    eventually(lambda: mesh.in_flight() == BOTH, "both go on")
    library.call("batch.cancel")
    # Then
    job = library.ended()
    assert job["status"] == "cancelled"
    assert sum(len(mesh.vectors(model)) for model in BOTH) == job["processed_operations"] < 2 * TRACKS
    # When somebody asks for the rest
    library.embed()
    assert all(len(mesh.vectors(model)) == TRACKS for model in BOTH)


def test_one_that_goes_away_does_not_stop_the_other(
    library: LibraryWorker, mesh: LibraryMesh, second: PlayModel
) -> None:
    # Given
    together(library)
    # When the worker of one leaves
    mesh.stop_model()
    # Then the other finishes
    job = library.until(lambda p: p["models"]["latent"]["done"] == TRACKS, "one model is through")
    # When it is back
    mesh.start_model()
    # Then
    assert (job["status"], job["models"]["spectral"]["done"] < TRACKS) == ("running", True)
    check_complete(library)
    assert set(Counter(second.heard).values()) == {1}


def test_one_that_fails_for_good_does_not_stop_the_other(
    library: LibraryWorker, mesh: LibraryMesh, second: PlayModel
) -> None:
    # Given vectors of both
    library.embed()
    # When one model has become another whose vectors the store does not take, and the other has become another, too
    mesh.model.dim, mesh.model.model_id, second.model_id = 2 * DIM, "spectral-long", "latent-2"
    job = library.embed()
    mesh.model.dim = DIM
    # Then
    assert job["status"] == "failed"
    assert "spectral" in job["message"]
    assert "latent" not in job["message"]
    assert {row["model_id"] for row in mesh.vectors("latent").values()} == {"latent-2"}
    assert {row["model_id"] for row in mesh.vectors().values()} == {"spectral-1"}


@pytest.mark.parametrize("refusal", [ModelUnavailable("no room"), OutOfMemory("no room")])
def test_one_that_finds_no_room_after_all_waits_for_its_turn(
    library: LibraryWorker, mesh: LibraryMesh, second: PlayModel, refusal: MeshError
) -> None:
    # Given a model that says it fits, and does not while another is at work
    second.errors[".wav"] = refusal
    mesh.model.seconds = 0.15
    # When
    library.call("batch.start")
    library.until(lambda p: p["models"].get("spectral", {}).get("done") == TRACKS, "the first is through")
    # Then it was asked no more than it was given at once
    assert 0 < len(second.heard) <= 8
    # When it has the device to itself
    second.errors.clear()
    # Then no track has failed
    check_complete(library)


def test_models_that_do_not_fit_take_turns(library: LibraryWorker, mesh: LibraryMesh, second: PlayModel) -> None:
    # Given
    second.fits = False
    # When
    library.call("batch.start")
    library.until(lambda p: p["models"].get("latent", {}).get("done"), "the second has begun")
    # Then
    assert library.progress()["models"]["spectral"]["done"] == TRACKS
    assert len(mesh.model.heard) == TRACKS
    check_complete(library)
