"""Navidrome's database, followed by a real worker: late, locked, broken, changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from contract.errors import InvalidRequest, NavidromeUnavailable
from tests.harness.library_mesh import Drained, LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary


def waiting(library: LibraryWorker, reason: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        status = library.call("library.status")
        return status if status["state"] == "waiting" and reason in status["reason"] else None

    status: dict[str, Any] = eventually(found, f"waiting because of {reason!r}")
    return status


def test_without_a_database_it_says_what_to_set(make_library: MakeLibrary) -> None:
    library = make_library(NAVIDROME_DB_PATH="")
    assert waiting(library, "NAVIDROME_DB_PATH")["tracks"] == 0
    with pytest.raises(NavidromeUnavailable, match="NAVIDROME_DB_PATH"):
        library.call("batch.start")
    assert library.call("batch.progress") == {"status": "no_job"}


def test_a_database_that_appears_later_is_found(music: Music, make_library: MakeLibrary) -> None:
    # Given no database, then a file that is not one, then a database of another program
    music.database.unlink()
    library = make_library()
    waiting(library, "there is no database")
    music.database.write_bytes(b"not a database at all" * 100)
    waiting(library, "not a database")
    music.database.unlink()
    with closing(sqlite3.connect(music.database)) as other:
        other.execute("CREATE TABLE song (id TEXT)")
    waiting(library, "not (yet) a database of Navidrome")
    # When Navidrome's own is there
    music.database.unlink()
    music.make_database()
    music.add("a", "a.wav", seed=1)
    # Then
    eventually(lambda: library.ready()["tracks"] == 1, "the track is known")
    assert library.embed()["status"] == "completed"


def test_a_locked_database_is_waited_for(music: Music, make_library: MakeLibrary) -> None:
    # Given a database that is kept locked (in rollback mode readers are locked out, too)
    music.add("a", "a.wav", seed=1)
    with closing(sqlite3.connect(music.database, isolation_level=None)) as owner:
        owner.execute("PRAGMA journal_mode = DELETE")
        owner.execute("BEGIN EXCLUSIVE")
        library = make_library()
        # Then the worker answers anyway, and says so
        waiting(library, "locked")
        # When
        owner.execute("ROLLBACK")
    # Then
    assert eventually(lambda: library.ready()["tracks"] == 1, "the track is known")


def test_new_and_changed_tracks_are_embedded_by_themselves(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given a fresh mesh
    music.add("a", "a.wav", seed=1)
    music.add("lost", "lost.wav", missing=1)
    library = make_library(SONICMESH_AUTO_EMBED="true")
    assert library.ended()["status"] == "completed"
    assert sorted(mesh.vectors()) == ["a"]
    with Drained(mesh) as events:
        # When Navidrome finds another, and a changed one
        music.replace("a", "a.wav", seed=5)
        music.add("b", "b/b.wav", seed=2, library=2)
        music.scan()
        # Then
        eventually(lambda: sorted(mesh.vectors()) == ["a", "b"], "the new track has a vector")
        job = library.until(lambda p: p["status"] == "completed" and mesh.model.heard.count("a.wav") == 2, "all done")
        assert job["automatic"] is True
        changed = [event for topic, event in events.drain() if topic == "library.changed"]
    assert sum(event["new"] for event in changed) == 1
    assert sum(event["changed"] for event in changed) == 1
    # When a file vanishes and comes back
    heard = len(mesh.model.heard)
    music.update("b", missing=1)
    eventually(lambda: library.call("library.status")["missing"] == 1, "it is missed")
    assert sorted(mesh.vectors()) == ["a", "b"]
    music.update("b", missing=0)
    eventually(lambda: library.call("library.status")["missing"] == 0, "it is back")
    # Then nothing is computed again
    library.until(lambda p: p["job_id"] != job["job_id"] and p["status"] == "completed", "its row is looked at")
    assert len(mesh.model.heard) == heard


def test_tracks_and_playlists(music: Music, make_library: MakeLibrary) -> None:
    # Given
    music.add("a", "Sóley Vík/Þögn/03.wav", title="Third Stone", artist="Sóley Vík")
    music.add("b", "x.wav", title="Stone Third", artist="The Rusty Gates", library=2)
    music.add("c", "y.wav", title="First Gate", artist="The Rusty Gates")
    music.sql("INSERT INTO playlist (id, name, owner_id) VALUES ('p', 'Mix', 'u')")
    for position, track in enumerate(["c", "a", "c"], 1):
        music.sql("INSERT INTO playlist_tracks (id, playlist_id, media_file_id) VALUES (?, 'p', ?)", position, track)
    library = make_library()
    library.ready()

    def find(query: str) -> list[str]:
        return [track["id"] for track in library.call("tracks.find", query=query)["tracks"]]

    # Then
    assert find("b") == ["b"]
    assert find("/music/y.wav") == find(str(music.roots[1] / "y.wav")) == find("y.wav") == ["c"]
    assert find("soley THOGN") == []
    assert find("soley stone") == ["a"]
    assert find("rusty gates") == ["c", "b"]
    assert find("third stone") == ["a", "b"]
    assert find("?!") == []
    assert library.call("tracks.get", track_ids=["c", "none", "a"])["tracks"][1] == {
        "id": "a",
        "title": "Third Stone",
        "artist": "Sóley Vík",
        "artist_id": "artist-1",
        "album": "Winter Rooms",
        "album_id": "album-1",
        "duration": 0.2,
        "path": str(music.roots[1] / "Sóley Vík/Þögn/03.wav"),
        "library_id": 1,
    }
    assert library.call("playlists.tracks", playlist_ids=["p", "none"])["track_ids"] == ["c", "a"]
    with pytest.raises(InvalidRequest, match="limit"):
        library.call("tracks.find", query="a", limit=0)


def test_progress_is_told_as_events(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given
    for n in range(10):
        music.add(f"t{n}", f"{n}.wav", seed=n)
    mesh.model.seconds = 0.1
    library = make_library()
    library.ready()
    with Drained(mesh) as events:
        # When
        job = library.embed()
        told = events.drain()
    # Then every change of status is there, and otherwise at most five a second
    progress = [event for topic, event in told if topic == "batch.progress" and event["job_id"] == job["job_id"]]
    statuses = [event["status"] for event in progress]
    assert statuses[0] == "initialized"
    assert statuses[-1] == "completed"
    assert "running" in statuses
    seconds = progress[-1]["ts"] - progress[0]["ts"]
    assert len(progress) <= 5 * seconds + 5
    assert [e["processed_operations"] for e in progress] == sorted(e["processed_operations"] for e in progress)
    tracks = [event for topic, event in told if topic == "batch.track"]
    assert sorted(event["track_id"] for event in tracks) == [f"t{n}" for n in range(10)]
    assert all(event["ok"] and event["model"] == "spectral" and event["seconds"] > 0 for event in tracks)
