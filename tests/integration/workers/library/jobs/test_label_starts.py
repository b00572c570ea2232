"""The job that labels starts by itself where only labels are missing, without a model, and not over and over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from broker.events import EventPublisher
from broker.wire import Reply
from contract.vocabulary import NAMES
from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.sqlite import execute
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.jobs.kinds import label
from workers.library.labels.missing import MissingLabels
from workers.library.service import LibraryService
from workers.library.settings import LibrarySettings
from workers.runtime.service import Call, WorkerContext

TRACKS = 3
SECONDS = 12.0
RATE = 22_050
FUSION = {"SONICMESH_MODELS": "fusion"}


@pytest.fixture
def embedded(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> Iterator[LibraryWorker]:
    """A library that `fusion` embedded and labelled; its worker is gone, and the library worker has stopped."""
    music.roots[1].mkdir(parents=True)
    at = np.arange(int(SECONDS * RATE)) / RATE
    for n in range(TRACKS):
        tone = 0.1 * np.sin(2 * np.pi * 220 * (n + 1) * at) * (0.3 + 0.7 * np.exp(-8 * (at % 0.5)))
        soundfile.write(music.roots[1] / f"{n}.wav", tone, RATE)
        music.add(f"t{n}", f"{n}.wav", duration=SECONDS)
    library = make_library(**FUSION)
    worker = mesh.start_worker("embed", "fusion")
    mesh.wait_for("embed.fusion")
    assert library.embed()["status"] == "completed"
    assert scored(library) == TRACKS
    worker.terminate()
    worker.wait(30)
    library.stop()
    yield library
    mesh.client.call("search", "vectors.delete", {"track_ids": [f"t{n}" for n in range(TRACKS)], "model": None})


def scored(library: LibraryWorker) -> int:
    """How many tracks have scores of the newest vocabulary."""
    page = library.mesh.client.call("library", "labels.page")
    scores = np.frombuffer(page.blobs[0], "<f2").reshape(-1, len(NAMES))
    return int(np.isfinite(scores).all(axis=1).sum())


def labelling(library: LibraryWorker) -> list[str]:
    """The automatic jobs that label, by status."""
    return [job["status"] for job in library.call("batch.jobs")["jobs"] if job["kind"] == "label" and job["automatic"]]


def state_of(library: LibraryWorker) -> Path:
    return next(library.data.rglob("state.db"))


def facts(library: LibraryWorker) -> list[Mapping[str, Any]]:
    tracks = library.call("labels.get", track_ids=[f"t{n}" for n in range(TRACKS)])["tracks"]
    return [track["facts"] for track in tracks]


@pytest.mark.parametrize(
    "lost", ["scores = NULL, exact = 0", "version = version - 1", "scores = NULL, exact = 0, facts = NULL"]
)
def test_missing_labels_come_from_stored_vectors(embedded: LibraryWorker, lost: str) -> None:
    # Given labels that the taggers' weights, or the vocabulary, came too late for; nothing here can listen
    execute(state_of(embedded), f"UPDATE heard SET {lost}")
    # When
    embedded.start(SONICMESH_AUTO_EMBED="true")
    embedded.ready()
    # Then
    eventually(lambda: scored(embedded) == TRACKS, "labels of all tracks")
    eventually(lambda: labelling(embedded) == ["completed"], "the job has ended")
    known = [one["loudness_lufs"] is not None for one in facts(embedded)]
    assert known == [("facts" not in lost)] * TRACKS


def test_it_waits_for_somebody_who_switched_automatic_jobs_off(embedded: LibraryWorker) -> None:
    execute(state_of(embedded), "UPDATE heard SET scores = NULL, exact = 0")
    embedded.start(SONICMESH_AUTO_EMBED="false")
    embedded.ready()

    embedded.call("jobs.start", kind="label", options={})

    eventually(lambda: scored(embedded) == TRACKS, "labels of all tracks")
    assert labelling(embedded) == []


def test_vectors_that_the_store_lacks_start_one_job_only(
    mesh: LibraryMesh, music: Music, embedded: LibraryWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given tracks without labels whose vectors are gone, and a worker that looks for work all the time
    execute(state_of(embedded), "UPDATE heard SET scores = NULL, exact = 0")
    mesh.client.call("search", "vectors.delete", {"track_ids": [f"t{n}" for n in range(TRACKS)], "model": None})
    looks: list[int] = []
    count = MissingLabels.scorable

    def counted(missing: MissingLabels, generations: Mapping[str, str]) -> int:
        looks.append(found := count(missing, generations))
        return found

    monkeypatch.setattr(MissingLabels, "scorable", counted)
    monkeypatch.setattr(label, "LOOK_SECONDS", 0.0)
    settings = LibrarySettings(
        NAVIDROME_DB_PATH=music.database,
        SONICMESH_DATA=embedded.data,
        SONICMESH_PATH_MAP=music.path_map,
        SONICMESH_MODELS="fusion",
    )
    events = EventPublisher(f"ipc://{tmp_path}/e", "library")
    service = LibraryService(settings)
    service.start(WorkerContext("library", mesh.client, events))
    try:
        # When it has done what it can and looked some more
        eventually(lambda: labelled(service) == ["completed"], "a job that labels")
        seen = len(looks)
        eventually(lambda: len(looks) > seen + 5, "further looks")
        # Then
        assert labelled(service) == ["completed"]
    finally:
        service.stop()
        events.close()


def labelled(service: LibraryService) -> list[str]:
    (answer,) = service.operations()["batch.jobs"].handle([Call("batch.jobs", {})])
    assert isinstance(answer, Reply)
    return [job.status for job in answer.result["jobs"] if job.kind == "label"]
