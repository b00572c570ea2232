"""Uploads through the whole mesh: from the first time that they are seen to the track."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile

from broker.wire import Reply
from tests.harness.cues import sheet
from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import RATE, Music, tone
from tests.harness.play_model import PlayModel
from tests.harness.waiting import eventually
from tests.integration.workers.library.uploads.conftest import PATIENCE, Upload, waiting
from workers.runtime.service import Call


class Listener(PlayModel):
    """Remembers the lanes of its calls."""

    lanes: ClassVar[list[str]] = []

    def _embed(self, call: Call) -> Reply:
        self.lanes.append(call.lane)
        return super()._embed(call)


@pytest.mark.parametrize("auto", ["true", "false"])
def test_an_upload_is_embedded_once(
    mesh: LibraryMesh, music: Music, start: Callable[..., LibraryWorker], upload: Upload, uploads: Path, auto: str
) -> None:
    # Given
    library = start(SONICMESH_AUTO_EMBED=auto)
    new = uploads / "navidrome-upload-1.wav"
    tone(new, seed=50)
    # When it is uploaded
    reply = upload(name="Song – (Remaster).wav", music_file=new, settings={"dedupThreshold": "0.85"})
    # Then
    assert reply == {
        "status": "ok",
        "duplicates": [],
        "renamedFile": "Song – (Remaster).wav",
        "allDuplicates": False,
    }
    assert mesh.model.heard == [new.name]
    assert (waiting(library.data), mesh.vectors()) == (1, {})
    # When Navidrome shows the track
    target = music.roots[1] / "new.wav"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(new, target)
    music.add("new", "new.wav")
    music.scan()
    # Then its vector is the one that waited
    eventually(lambda: "new" in mesh.vectors(), "the vector of the track")
    assert mesh.model.heard == ["navidrome-upload-1.wav"]
    eventually(lambda: waiting(library.data) == 0, "nothing waits")
    status = upload(action="status", track_id="new")
    assert (status["status"], status["embedded"], status["models"]) == ("ok", True, {"spectral": "done"})
    status = upload(action="status", track_id="nobody")
    assert (status["status"], status["embedded"], status["models"]) == ("ok", False, {"spectral": "absent"})
    assert upload(action="flush") == {"status": "ok"}


def test_duplicates(
    mesh: LibraryMesh, music: Music, start: Callable[..., LibraryWorker], upload: Upload, uploads: Path
) -> None:
    # Given a library that nothing was embedded of
    for number in range(6):
        music.add(f"t{number}", f"{number:02d}.wav", seed=number)
    library = start()
    copy = uploads / "copy.wav"
    tone(copy, seed=3)
    # Then the same file is found, by what it sounds like and nothing else
    first = upload(name="another name.wav", music_file=copy)
    assert (first["duplicates"], first["allDuplicates"]) == (["Nordlys Trio - 03"], True)
    # Given the vectors, and the same music in another format
    assert library.embed()["status"] == "completed"
    heard = len(mesh.model.heard)
    other = uploads / "other.flac"
    soundfile.write(other, soundfile.read(copy, dtype="int16")[0], RATE)
    # Then
    assert upload(music_file=copy)["duplicates"] == ["Nordlys Trio - 03"]
    assert len(mesh.model.heard) == heard
    assert upload(music_file=other)["duplicates"] == []
    found = upload(music_file=other, settings={"similaritySearchEnabled": "true", "dedupThreshold": "0.9"})
    assert (found["duplicates"], found["allDuplicates"]) == (["Nordlys Trio - 03"], True)
    assert len(mesh.model.heard) == heard + 1
    again = upload(action="embed", music_file=copy, track_id="t3")
    assert (again["status"], again["duplicates"]) == ("ok", [])


def test_a_track_whose_file_was_away_for_a_moment(
    music: Music, start: Callable[..., LibraryWorker], upload: Upload, uploads: Path
) -> None:
    # Given a track whose file is missing when its audio is uploaded
    music.add("late", "late.wav", title="Late")
    start()
    copy = uploads / "copy.wav"
    tone(copy, seed=80)
    assert upload(music_file=copy)["duplicates"] == []
    # When it is back
    tone(music.roots[1] / "late.wav", seed=80)
    # Then it is looked at again
    assert upload(music_file=copy)["duplicates"] == ["Nordlys Trio - Late"]


def test_an_album_with_a_sheet(
    music: Music, start: Callable[..., LibraryWorker], upload: Upload, uploads: Path
) -> None:
    # Given a file, a sheet that calls it otherwise, and one of its tracks in the library
    start()
    samples = np.random.default_rng(1).integers(-30000, 30000, 2 * RATE, dtype=np.int16)
    album, cue = uploads / "navidrome-upload-2.flac", uploads / "navidrome-upload-3.cue"
    soundfile.write(album, samples, RATE)
    cue.write_bytes(sheet("00:00:00", "00:01:00", titles=("Één", "A/B")).encode("cp1252"))
    # When
    reply = upload(name="album.flac", music_file=album, cue_file=cue)
    # Then the parts exist when the reply arrives
    assert (reply["status"], reply["duplicates"], reply["allDuplicates"]) == ("ok", [], False)
    parts = reply["splitFiles"]
    assert [part["destName"] for part in parts] == ["01 - Één.flac", "02 - A_B.flac"]
    assert [part["durationSeconds"] for part in parts] == [1.0, 1.0]
    keys = {"path", "destName", "index", "title", "artist", "album", "albumArtist", "durationSeconds"}
    assert all(set(part) == keys for part in parts)
    joined = np.concatenate([soundfile.read(part["path"], dtype="int16")[0] for part in parts])
    assert np.array_equal(joined, samples)
    # When the first part comes into the library and the album is uploaded again
    target = music.roots[1] / parts[0]["destName"]
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(parts[0]["path"], target)
    music.add("part", parts[0]["destName"], title="Één", duration=1.0)
    music.scan()
    again: dict[str, Any] = eventually(
        lambda: (r := upload(name="album.flac", music_file=album, cue_file=cue))["duplicates"] and r, "the duplicate"
    )
    # Then
    assert (again["duplicates"], again["allDuplicates"]) == (["Nordlys Trio - Één"], False)


def test_what_cannot_be_uploaded(
    mesh: LibraryMesh, start: Callable[..., LibraryWorker], upload: Upload, uploads: Path
) -> None:
    # Given
    start()
    text, song, cue = uploads / "text.flac", uploads / "song.wav", uploads / "song.cue"
    lyrics = uploads / "lyrics.mp3"
    for file in (text, lyrics):
        file.write_text("no audio " * 100)
    tone(song, seed=1)
    cue.write_text(sheet("00:00:00", "09:00:00"))
    # Then
    for line, code in (
        ({"music_file": "/etc/passwd"}, "forbidden"),
        ({"music_file": text}, "decode_failed"),
        ({"music_file": lyrics}, "decode_failed"),
        ({"music_file": uploads / "gone.flac"}, "file_missing"),
        ({"music_file": song, "cue_file": cue}, "invalid_request"),
        ({"music_file": song, "cue_file": "/etc/passwd"}, "forbidden"),
    ):
        reply = upload(**line)
        assert (reply["status"], reply["code"], bool(reply["message"])) == ("error", code, True), line
        assert ("no decoder knows the format" in reply["message"]) == (code == "decode_failed")
    # When the model is away
    mesh.stop_model()
    try:
        reply = upload(music_file=song)
    finally:
        mesh.start_model()
    # Then the upload is fine, and the reply says what is missing
    assert (reply["status"], reply["warnings"]) == ("ok", ["spectral: no worker of it is running"])
    health = upload(action="health")
    assert (health["status"], health["queue"], list(health["models"])) == ("ok", 0, ["spectral"])
    assert health["milvus_connected"] is True


def test_uploads_hold_nobody_up_and_survive_a_killed_worker(
    mesh: LibraryMesh, start: Callable[..., LibraryWorker], upload: Upload, uploads: Path
) -> None:
    # Given more uploads than are worked on at once, and a model that takes its time
    library = start()
    files = [uploads / f"song-{number}.wav" for number in range(6)]
    for number, file in enumerate(files):
        tone(file, seed=number)
    mesh.model.gate.clear()
    with ThreadPoolExecutor(len(files)) as pool:
        replies = [pool.submit(upload, music_file=file) for file in files]
        eventually(lambda: upload(action="health")["queue"] == len(files), "all uploads are there")
        # Then others are answered meanwhile
        assert library.call("library.status")["state"] == "ready"
        # When the worker is killed meanwhile and starts again
        library.kill()
        library.start()
        mesh.model.gate.set()
        # Then every upload gets its reply
        assert [reply.result(PATIENCE)["status"] for reply in replies] == ["ok"] * len(files)
    assert waiting(library.data) == len(files)
    assert set(mesh.model.heard) == {file.name for file in files}


def test_every_model_hears_it_in_the_lane_of_uploads(
    mesh: LibraryMesh, music: Music, start: Callable[..., LibraryWorker], upload: Upload, uploads: Path
) -> None:
    # Given two models
    running = mesh.serve(Listener("muq"))
    library = start(SONICMESH_MODELS="spectral,muq")
    new = uploads / "new.wav"
    tone(new, seed=70)
    # When
    reply = upload(music_file=new)
    # Then
    assert (reply["status"], waiting(library.data)) == ("ok", 2)
    assert (mesh.model.heard, Listener.lanes) == (["new.wav"], ["upload"])
    # When both models are gone and the track is there
    running.stop()
    mesh.stop_model()
    try:
        target = music.roots[1] / "new.wav"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(new, target)
        music.add("both", "new.wav")
        music.scan()
        # Then its vectors reach the store without them
        eventually(lambda: "both" in mesh.vectors("muq"), "the vector of muq")
        eventually(lambda: "both" in mesh.vectors("spectral"), "the vector of spectral")
    finally:
        mesh.start_model()
