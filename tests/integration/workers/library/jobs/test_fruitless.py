"""A job that can do nothing ends, and the next one waits longer each time until the library changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.events import EventPublisher
from broker.wire import Reply
from tests.harness.library_mesh import LibraryMesh
from tests.harness.music import Music
from tests.harness.waiting import eventually
from workers.library.jobs.automatic import LOOK_SECONDS, pause_after
from workers.library.jobs.ledger import Ledger
from workers.library.service import LibraryService
from workers.library.settings import LibrarySettings
from workers.runtime.service import Call, WorkerContext


@pytest.fixture
def library(
    mesh: LibraryMesh, music: Music, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LibraryService]:
    """A library worker in this process, whose jobs get no work."""
    monkeypatch.setattr(Ledger, "pending", lambda *_: iter(()))
    settings = LibrarySettings(
        NAVIDROME_DB_PATH=music.database,
        SONICMESH_DATA=tmp_path / "data",
        SONICMESH_PATH_MAP=music.path_map,
        SONICMESH_LIBRARY_POLL_S=0.2,
        SONICMESH_MODELS="spectral",
    )
    events = EventPublisher(f"ipc://{tmp_path}/e", "library")
    service = LibraryService(settings)
    service.start(WorkerContext("library", mesh.client, events))
    yield service
    service.stop()
    events.close()


def begun(library: LibraryService) -> list[float]:
    """When each job began, in unix seconds."""
    (answer,) = library.operations()["batch.jobs"].handle([Call("batch.jobs", {})])
    assert isinstance(answer, Reply)
    return sorted(job.started_at for job in answer.result["jobs"])


def test_they_follow_each_other_at_growing_distances(music: Music, library: LibraryService) -> None:
    # Given a track that is due and that no job gets
    music.add("a", "a.wav", seed=1)
    music.scan()
    # When
    eventually(lambda: len(begun(library)) >= 3, "three jobs in a row")
    first, second, third = begun(library)[:3]
    # Then
    assert second - first >= 0.9
    assert third - second >= 3.9
    # But new tracks do not wait for that
    seen = len(begun(library))
    music.add("b", "b.wav", seed=2)
    eventually(lambda: len(begun(library)) > seen, "a job for the new track")
    assert begun(library)[seen] - third < pause_after(6)


def test_the_pause_has_a_limit() -> None:
    pauses = [pause_after(number) for number in range(100)]
    assert pauses == sorted(pauses)
    assert pauses[:4] == [0, 0, 1, 2]
    assert pauses[-1] == LOOK_SECONDS
