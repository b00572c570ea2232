"""Uploads while parts of the mesh die, and while a job is at work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from contract.errors import DecodeFailed
from tests.harness.cues import noise, save, sheet
from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music, tone
from tests.harness.waiting import eventually
from tests.integration.workers.library.uploads.conftest import PATIENCE, Upload, waiting
from workers.library.uploads.waiting_vectors import KEEP_SECONDS

#: Tracks of a job that are with a model at once.
BATCH = 4


def held(mesh: LibraryMesh) -> int:
    """Requests that workers of the model hold."""
    rows = mesh.client.call("mmi.services", "list").result["services"]
    return sum(int(row["in_flight"]) for row in rows if row["service"] == "embed.spectral")


def test_an_upload_survives_the_loss_of_the_broker(
    mesh: LibraryMesh, start: Callable[..., LibraryWorker], upload: Upload, uploads: Path, tmp_path: Path
) -> None:
    # Given an album that is under way
    library = start()
    album, cue = save(uploads / "album.flac", noise(2)), uploads / "album.cue"
    cue.write_text(sheet("00:00:00", "00:01:00"))
    splits = tmp_path / "splits"
    mesh.model.gate.clear()
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(upload, music_file=album, cue_file=cue)
        eventually(lambda: list(splits.glob("split-*/02.flac")), "the parts")
        # When the broker dies, and stays away until everybody has noticed
        mesh.broker.kill()
        mesh.broker.wait()
        eventually(lambda: upload(action="status", track_id="t").get("code") == "no_worker", "the gateway knows")
        assert not reply.done()
        mesh.start_broker()
        mesh.model.gate.set()
        # Then the upload continues
        found = reply.result(PATIENCE)
    assert found["status"] == "ok", found
    assert [part["durationSeconds"] for part in found["splitFiles"]] == [1.0, 1.0]
    # And it was not begun twice
    assert len(list(splits.iterdir())) == 1
    assert waiting(library.data) == 2
    assert upload(action="flush") == {"status": "ok"}


def test_uploads_go_before_a_job(
    mesh: LibraryMesh, music: Music, start: Callable[..., LibraryWorker], upload: Upload, uploads: Path
) -> None:
    # Given a job whose tracks wait
    for number in range(24):
        music.add(f"t{number}", f"{number:02d}.wav", seed=number)
    library = start(BATCH_JOB_WORKERS=str(BATCH))
    mesh.model.errors["00.wav"] = DecodeFailed("it is damaged")
    mesh.model.gate.clear()
    library.call("batch.start")
    pending = {"spectral": "pending"}
    eventually(lambda: upload(action="status", track_id="t23")["models"] == pending, "the job's tracks")
    new = uploads / "new.wav"
    tone(new, seed=99)
    # When
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(upload, music_file=new)
        eventually(lambda: held(mesh) > BATCH, "the upload is with the model")
        mesh.model.gate.set()
        assert reply.result(PATIENCE)["status"] == "ok"
    # Then it did not wait for the job's end
    assert mesh.model.heard.index("new.wav") <= BATCH
    assert library.ended()["status"] == "completed_with_errors"
    assert upload(action="status", track_id="t0")["models"] == {"spectral": "failed"}
    assert upload(action="status", track_id="t1")["models"] == {"spectral": "done"}


def test_what_no_track_came_for_is_dropped_after_a_day(
    start: Callable[..., LibraryWorker], upload: Upload, uploads: Path
) -> None:
    # Given two uploads that Navidrome never shows
    library = start()
    for number in range(2):
        tone(uploads / f"{number}.wav", seed=number)
        assert upload(music_file=uploads / f"{number}.wav")["status"] == "ok"
    assert waiting(library.data) == 2
    # When one of them has waited for a day
    with closing(sqlite3.connect(library.data / "uploads.db")) as connection:
        oldest = "(SELECT min(at) FROM waiting)"
        connection.execute(f"UPDATE waiting SET at = at - ? WHERE at = {oldest}", (KEEP_SECONDS + 1,))
        connection.commit()
    # Then
    eventually(lambda: waiting(library.data) == 1, "it is dropped")
