"""Libraries that were embedded before are labelled by a job of its own, which survives pauses and kills."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from broker.events import EventSubscriber
from contract.labels import FACTS, MARKS
from contract.vocabulary import NAMES, VERSION
from tests.harness.library_mesh import ENDED, LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary

TRACKS = 6
RATE = 22_050


def chord(path: Path, root: float, seconds: float) -> None:
    """A pulsing major chord."""
    at = np.arange(int(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * root * ratio * at) for ratio in (1, 5 / 4, 3 / 2))
    soundfile.write(path, 0.1 * tones * (0.3 + 0.7 * np.exp(-8 * (at % 0.5))), RATE)


@pytest.fixture
def embedded(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> Iterator[LibraryWorker]:
    """A library that a model embedded which hears no facts; a real worker of `spectral` has taken its place."""
    music.roots[1].mkdir(parents=True)
    for n in range(TRACKS):
        chord(music.roots[1] / f"{n}.wav", 220 * 2 ** (n / 12), 20.0)
        music.add(f"t{n}", f"{n}.wav", duration=20.0)
    library = make_library()
    assert library.embed()["status"] == "completed"
    mesh.stop_model()
    worker = mesh.start_worker("embed", "spectral")
    yield library
    worker.terminate()
    worker.wait(20)
    mesh.start_model()


def start(library: LibraryWorker, **options: Any) -> str:
    job_id: str = library.call("jobs.start", kind="label", options=options)["job_id"]
    return job_id


def until(library: LibraryWorker, job_id: str, *status: str) -> dict[str, Any]:
    found: dict[str, Any] = eventually(
        lambda: (told := library.call("batch.job", job_id=job_id))["status"] in status and told, " or ".join(status)
    )
    return found


def heard(library: LibraryWorker) -> dict[str, dict[str, Any]]:
    """Facts by track id, of the tracks that have any."""
    tracks = library.call("labels.get", track_ids=[f"t{n}" for n in range(TRACKS)])["tracks"]
    return {track["track_id"]: track["facts"] for track in tracks if track["facts"]["loudness_lufs"] is not None}


def test_a_killed_job_goes_on_where_it_was(mesh: LibraryMesh, embedded: LibraryWorker) -> None:
    # Given
    assert heard(embedded) == {}
    embedded_before = list(mesh.model.heard)
    job_id = start(embedded)
    eventually(lambda: heard(embedded), "the first track is heard")
    # When
    embedded.kill()
    embedded.start()
    # Then
    ended = until(embedded, job_id, *ENDED)
    assert (ended["status"], ended["kind"]) == ("completed", "label")
    assert len(heard(embedded)) == TRACKS
    assert mesh.model.heard == embedded_before
    assert len(mesh.vectors()) == TRACKS


def test_it_pauses_and_is_cancelled(embedded: LibraryWorker) -> None:
    # Given
    job_id = start(embedded)
    embedded.call("jobs.pause", kind="label")
    until(embedded, job_id, "paused")
    # What is in flight still comes; nothing else does
    known = eventually_steady(embedded)
    assert known < TRACKS
    # When
    embedded.call("jobs.resume", kind="label")
    eventually(lambda: len(heard(embedded)) > known, "it goes on")
    embedded.call("jobs.cancel", kind="label")
    # Then
    assert until(embedded, job_id, *ENDED)["status"] in {"cancelled", "completed"}


def test_no_other_job_waits_for_it(embedded: LibraryWorker) -> None:
    # Given a job that labels and has not ended
    job_id = start(embedded)
    embedded.call("jobs.pause", kind="label")
    until(embedded, job_id, "paused")
    # When somebody embeds
    ended = embedded.embed()
    # Then that job runs to its end (no worker of its model runs here) before this one goes on
    assert ended["kind"] == "embed" and ended["status"] == "failed"
    assert embedded.call("batch.job", job_id=job_id)["status"] == "paused"
    embedded.call("jobs.resume", kind="label")
    assert until(embedded, job_id, *ENDED)["status"] == "completed"
    assert len(heard(embedded)) == TRACKS


def eventually_steady(library: LibraryWorker) -> int:
    """How many tracks are heard once two looks half a second apart agree."""
    before = -1
    while before != (now := len(heard(library))):
        before = now
        time.sleep(0.5)
    return now


def test_it_starts_by_itself_and_tells_the_search(embedded: LibraryWorker) -> None:
    # Given
    with closing(EventSubscriber(embedded.mesh.settings.events_endpoint, ["labels.changed"])) as subscriber:
        # When
        embedded.stop()
        embedded.start(SONICMESH_AUTO_EMBED="true")
        # Then
        eventually(lambda: len(heard(embedded)) == TRACKS, "all tracks are heard")
        event = eventually(lambda: subscriber.receive(1.0), "an event")
    assert event is not None
    kinds = {(job["kind"], job["automatic"]) for job in embedded.call("batch.jobs")["jobs"]}
    assert ("label", True) in kinds


def test_pages_have_arrays(embedded: LibraryWorker) -> None:
    # Given
    until(embedded, start(embedded), "completed")
    # When
    first = embedded.mesh.client.call("library", "labels.page", {"limit": 4})
    second = embedded.mesh.client.call("library", "labels.page", {"limit": 4, "after": first.result["next"]})
    news = embedded.mesh.client.call("library", "labels.page", {"since": first.result["revision"]})
    # Then
    assert first.result["track_ids"] + second.result["track_ids"] == [f"t{n}" for n in range(TRACKS)]
    assert (first.result["version"], second.result["next"]) == (VERSION, None)
    assert news.result["track_ids"] == []
    scores, facts, calibration = first.blobs
    assert np.isnan(np.frombuffer(scores, "<f2").reshape(4, len(NAMES))).all()  # `spectral` has no taggers
    table = np.frombuffer(facts, "<f4").reshape(4, len(FACTS))
    loudness = table[:, FACTS.index("loudness_lufs")]
    assert ((loudness > -40) & (loudness < -5)).all()
    assert np.isfinite(np.frombuffer(calibration, "<f4").reshape(len(NAMES), 1 + MARKS)).all()


def test_what_cannot_be_heard_is_counted_and_not_tried_for_ever(embedded: LibraryWorker, music: Music) -> None:
    # Given
    (music.roots[1] / "3.wav").write_bytes(b"no music")
    # When
    ended = [until(embedded, start(embedded), *ENDED)["status"] for _ in range(4)]
    # Then
    assert ended == ["completed_with_errors"] * 3 + ["completed"]
    assert set(heard(embedded)) == {f"t{n}" for n in range(TRACKS)} - {"t3"}


def test_pruned_tracks_leave_nothing(embedded: LibraryWorker, music: Music) -> None:
    # Given
    until(embedded, start(embedded), "completed")
    # When
    embedded.stop()
    embedded.start(SONICMESH_PRUNE_AFTER_DAYS="0")
    embedded.ready()
    music.sql("DELETE FROM media_file WHERE id = 't0'")
    music.scan()
    eventually(lambda: embedded.call("library.status")["missing"] == 1, "it is missed")
    job_id = embedded.call("jobs.start", kind="prune", options={"all": True})["job_id"]
    until(embedded, job_id, "completed")
    # Then
    page = embedded.call("labels.page")
    assert page["track_ids"] == [f"t{n}" for n in range(1, TRACKS)]
