"""The scanner of a later fork of Navidrome: it asks of every file by its place, and embeds what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract.errors import DecodeFailed
from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music, tone
from tests.harness.waiting import eventually
from tests.integration.workers.library.uploads.conftest import Upload, waiting

Start = Callable[..., LibraryWorker]


def asked(place: str, artist: str = "Nordlys Trio", title: str = "Song") -> dict[str, Any]:
    """The scanner's question, with the fields that it sends."""
    names = [Path(place).name]
    fields = {"artist": artist, "title": title, "album": "Winter Rooms", "alternate_names": names}
    return {"action": "status", "track_id": place, **fields, "request_id": "r-1"}


def test_what_is_embedded_and_what_will_be(mesh: LibraryMesh, music: Music, start: Start, upload: Upload) -> None:
    # Given, by themselves: a track that is embedded, one that no model can read, one whose file is away for a moment
    music.add("done", "a/Één.wav", seed=1, title="Één")
    music.add("broken", "a/broken.wav", seed=2, title="Broken")
    music.add("later", "a/later.wav", title="Later")
    music.sql("UPDATE media_file SET path = '/music/a/later.wav' WHERE id = 'later'")  # as old releases have it
    mesh.model.errors["broken.wav"] = DecodeFailed("no sound in it")
    library = start(SONICMESH_AUTO_EMBED="true")
    library.ended()
    heard = len(mesh.model.heard)
    # Then each is known by its place as by its id
    expected = {
        "1:a/Één.wav": (True, "done", "Nordlys Trio - Één"),
        "1:a/broken.wav": (False, "failed", "Nordlys Trio - Broken"),
        "1:a/later.wav": (True, "failed", "Nordlys Trio - Later"),
        "done": (True, "done", "Nordlys Trio - Één"),
        "broken": (False, "failed", "Nordlys Trio - Broken"),
        "later": (False, "failed", "Nordlys Trio - Later"),
        # before a scan has finished with a file, only its place and the words of the request are known
        "2:new/new.wav": (True, "absent", "Nordlys Trio - Song"),
        "9:new/new.wav": (False, "absent", "Nordlys Trio - Song"),
        "1:../secret.wav": (False, "absent", "Nordlys Trio - Song"),
        "1:/etc/passwd": (False, "absent", "Nordlys Trio - Song"),
        "nobody": (False, "absent", "Nordlys Trio - Song"),
    }
    for place, (embedded, state, name) in expected.items():
        assert upload(**asked(place)) == {
            "status": "ok",
            "embedded": embedded,
            "hasDescription": False,
            "name": name,
            "models": {"spectral": state},
        }, place
    assert upload(**asked("2:new/new.wav", "", "Song"))["name"] == "Song"
    assert upload(**asked("2:new/new.wav", "", ""))["name"] == "new.wav"
    by_name = upload(action="status", artist="nordlys trio", title="één")
    assert (by_name["embedded"], by_name["models"]) == (True, {"spectral": "done"})
    # When the model is away: no question needs it
    mesh.stop_model()
    try:
        assert upload(**asked("1:a/Één.wav"))["embedded"] is True
        assert upload(**asked("2:new/new.wav"))["embedded"] is True
    finally:
        mesh.start_model()
    assert len(mesh.model.heard) == heard


def test_what_somebody_cancelled_is_not_done_by_itself(
    mesh: LibraryMesh, music: Music, start: Start, upload: Upload
) -> None:
    music.add("held", "held.wav", seed=4)
    mesh.model.gate.clear()
    library = start(SONICMESH_AUTO_EMBED="true")
    library.until(lambda p: p["status"] == "running", "the job runs")
    assert upload(**asked("1:held.wav"))["embedded"] is True
    library.call("batch.cancel")
    mesh.model.gate.set()
    library.ended()
    eventually(lambda: upload(**asked("1:held.wav"))["embedded"] is False, "it is left alone")


def test_a_scan_that_embeds(mesh: LibraryMesh, music: Music, start: Start, upload: Upload) -> None:
    # Given that nothing is embedded automatically, and a file that Navidrome has just found
    library = start(SONICMESH_AUTO_EMBED="false")
    new = music.roots[1] / "b/new.wav"
    tone(new, seed=60)
    # Then it is not embedded until the scanner has it done
    assert upload(**asked("1:b/new.wav"))["embedded"] is False
    words = {"name": "Nordlys Trio - Song", "artist": "Nordlys Trio", "title": "Song", "album": "Winter Rooms"}
    reply = upload(action="embed", music_file=new, track_id="1:b/new.wav", request_id="r-2", **words)
    assert (reply["status"], reply["duplicates"], mesh.model.heard) == ("ok", [], ["new.wav"])
    # And its vector is under no foreign id: it waits for the track
    assert (waiting(library.data), mesh.vectors()) == (1, {})
    # When the scan has ended
    music.add("new", "b/new.wav")
    music.scan()
    # Then the track has it, and asked again it is not a duplicate of itself
    eventually(lambda: list(mesh.vectors()) == ["new"], "the vector of the track")
    eventually(lambda: upload(**asked("1:b/new.wav"))["embedded"], "the scanner hears so")
    again = upload(action="embed", music_file=new, track_id="1:b/new.wav", request_id="r-3", **words)
    assert (again["status"], again["duplicates"], mesh.model.heard) == ("ok", [], ["new.wav"])
    assert list(mesh.vectors()) == ["new"]


def test_health_without_a_store(mesh: LibraryMesh, start: Start, upload: Upload) -> None:
    # Given
    start()
    assert upload(action="health")["milvus_connected"] is True
    # When the search worker is gone
    mesh.search.terminate()
    mesh.search.wait()
    try:
        health = upload(action="health")
    finally:
        mesh.search = mesh.start_search()
    # Then the scanner still hears that it may scan
    assert (health["status"], health["milvus_connected"]) == ("ok", False)
    eventually(lambda: upload(action="health")["milvus_connected"], "the store is back")
