"""Files whose names are not UTF-8 are opened by their bytes and shown with a mark in place of invalid bytes."""

from __future__ import annotations

import os

import pytest

from tests.harness.library_mesh import LibraryMesh
from tests.harness.music import Music, tone
from tests.integration.workers.library.conftest import MakeLibrary

#: Latin-1, a lone surrogate, and invalid bytes.
NAMES = (b"caf\xe9/Sigur R\xf3s.wav", b"\xed\xa0\x80.wav", b"\xff\xfe.wav")


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_they_are_embedded_found_and_shown(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary, name: bytes
) -> None:
    # Given a file, and its row as Navidrome writes it: the bytes, as text
    path = music.roots[1] / os.fsdecode(name)
    tone(path, 1)
    music.add("odd", "placeholder", size=path.stat().st_size)
    music.sql("UPDATE media_file SET path = CAST(? AS TEXT), title = CAST(? AS TEXT) WHERE id = 'odd'", name, name)
    music.add("lost", "lost.wav")
    music.sql("UPDATE media_file SET path = CAST(? AS TEXT) WHERE id = 'lost'", b"gone \xff.wav")
    music.add("plain", "a.wav", seed=2)
    library = make_library()
    # When
    job = library.embed()
    # Then it is embedded from its own file
    assert (job["status"], job["failed_tracks"]) == ("completed_with_errors", 1)
    assert sorted(mesh.vectors()) == ["odd", "plain"]
    assert os.fsencode(mesh.model.heard[0]) in {name.rpartition(b"/")[2], b"a.wav"}
    # And can be shown everywhere
    (track,) = library.call("tracks.get", track_ids=["odd"])["tracks"]
    shown = name.decode("utf-8", "replace")
    assert track["path"] == f"{music.roots[1]}/{shown}"
    assert track["title"] == shown
    (failure,) = library.call("batch.failures")["failures"]
    assert failure["path"] == "gone \ufffd.wav"
    assert library.call("tracks.why", track_id="lost")["track"]["path"].endswith("gone \ufffd.wav")
    # And a second look, by a worker that starts again, sees nothing new in it
    library.stop()
    library.start()
    assert library.embed()["total_operations"] <= 1
    assert mesh.model.heard.count(os.fsdecode(name.rpartition(b"/")[2])) == 1


def test_a_moved_file_with_such_a_name_keeps_its_vector(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given a track whose id changes while its path stays
    path = music.roots[1] / os.fsdecode(b"\xff.wav")
    tone(path, 3)
    music.add("old", "x", size=path.stat().st_size)
    music.sql("UPDATE media_file SET path = CAST(? AS TEXT)", b"\xff.wav")
    library = make_library()
    assert library.embed()["status"] == "completed"
    music.sql("UPDATE media_file SET id = 'new'")
    music.scan()
    # Then
    assert library.until(lambda _: sorted(mesh.vectors()) == ["new"], "the vector has followed")
    assert len(mesh.model.heard) == 1
